// A foreign letter's HTML made harmless for quoting and printing. Reading itself happens in a
// sandboxed frame; what stands here becomes part of our own page, so scripts, forms, styles and
// everything that would be fetched from elsewhere go.

import DOMPurify from "dompurify";

const REFUSED = [
    "style",
    "form",
    "input",
    "button",
    "textarea",
    "select",
    "iframe",
    "object",
    "embed",
    "video",
    "audio",
];

// Pictures from elsewhere would tell their owner that the letter is being read. Their address must go
// while the nodes still belong to no window: an <img> begins to load before it is on any page.
DOMPurify.addHook("afterSanitizeAttributes", (node) => {
    if (node.nodeName === "IMG" && !node.getAttribute("src")?.startsWith("data:image/")) node.removeAttribute("src");
    if (node.nodeName === "A") node.setAttribute("rel", "noopener noreferrer");
});

/** Clean nodes for the editor or the page. */
export function cleanFragment(html: string): DocumentFragment {
    const fragment = DOMPurify.sanitize(html, {
        RETURN_DOM_FRAGMENT: true,
        USE_PROFILES: { html: true },
        FORBID_TAGS: REFUSED,
        FORBID_ATTR: ["style", "class", "id", "background", "srcset"],
        ALLOW_DATA_ATTR: false,
    });
    for (const image of fragment.querySelectorAll("img:not([src])")) image.remove();
    return fragment;
}

export function clean(html: string): string {
    const holder = document.createElement("div");
    holder.append(cleanFragment(html));
    return holder.innerHTML;
}
