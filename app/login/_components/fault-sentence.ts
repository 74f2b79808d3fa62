/** What a login's fault means, in a sentence. The words are those of `LoginFault`; an unknown one says nothing about the password. */
export function faultSentence(fault: string): string {
  if (fault === "wrong") return "The user name or the password is not right.";
  if (fault === "limited") return "There were too many attempts. Wait five minutes, then try again.";
  if (fault === "unavailable") {
    return "The directory does not answer at the moment, so your password was not checked. Try again shortly.";
  }
  if (fault === "unreachable") return "The server could not be reached. Look at your connection, then try again.";
  return "Signing in did not work. Try again.";
}
