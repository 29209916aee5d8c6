// Plain ES3 on purpose: browsers that cannot read the application still read this and show what to do.
(function () {
    var modern =
        "noModule" in document.createElement("script") &&
        typeof window.RTCPeerConnection === "function" &&
        typeof window.HTMLDialogElement === "function" &&
        typeof window.structuredClone === "function" &&
        typeof Array.prototype.at === "function" &&
        typeof Array.prototype.findLast === "function";
    if (!modern) {
        document.getElementById("old-browser").removeAttribute("hidden");
        document.getElementById("app").setAttribute("hidden", "hidden");
    }
})();
