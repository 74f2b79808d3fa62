import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

/** A certificate with its key, as files. */
export interface CertificateFiles {
  certificateFile: string;
  keyFile: string;
}

/** A certificate authority of a test, valid for a day. */
export class TestAuthority {
  private readonly folder: string;
  private readonly name: string;

  /** Makes it with openssl; its files lie in `folder`. */
  constructor(folder: string, name = "authority") {
    this.folder = folder;
    this.name = name;
    const { certificateFile, keyFile } = this.files(name);
    const subject = ["-subj", `/CN=${name}`, "-addext", "basicConstraints=critical,CA:TRUE"];
    openssl(["req", "-x509", ...KEY, "-keyout", keyFile, "-out", certificateFile, "-days", "1", ...subject]);
  }

  /** What its clients must trust. */
  get pem(): string {
    return readFileSync(this.files(this.name).certificateFile, "utf8");
  }

  /** A server's certificate for these names: `DNS:localhost`, `IP:127.0.0.1`. */
  issue(name: string, alternativeNames: string): CertificateFiles {
    const files = this.files(name);
    const request = path.join(this.folder, `${name}.csr`);
    const extensions = path.join(this.folder, `${name}.ext`);
    writeFileSync(extensions, `subjectAltName=${alternativeNames}\n`);
    openssl(["req", ...KEY, "-keyout", files.keyFile, "-out", request, "-subj", `/CN=${name}`]);
    const { certificateFile, keyFile } = this.files(this.name);
    const signer = ["-CA", certificateFile, "-CAkey", keyFile, "-CAcreateserial", "-days", "1"];
    openssl(["x509", "-req", "-in", request, "-out", files.certificateFile, ...signer, "-extfile", extensions]);
    return files;
  }

  private files(name: string): CertificateFiles {
    return { certificateFile: path.join(this.folder, `${name}.pem`), keyFile: path.join(this.folder, `${name}.key`) };
  }
}

const KEY = ["-newkey", "rsa:2048", "-nodes", "-sha256"];

function openssl(args: string[]): void {
  execFileSync("openssl", args, { stdio: "ignore" });
}
