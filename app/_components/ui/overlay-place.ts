/** Where menus and tooltips are put: inside the page's landmark, so that everything on the page belongs to one. */
export function overlayPlace(): HTMLElement | null {
  return typeof document === "undefined" ? null : document.getElementById("content");
}
