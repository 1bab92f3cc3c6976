/* Says so where a picture cannot be shown, whose data-broken has the words. */
"use strict";

{
  function watch(picture) {
    const say = () => {
      const note = document.createElement("span");
      note.className = "image-note";
      note.textContent = [picture.alt, picture.dataset.broken].filter(Boolean).join(": ");
      picture.replaceWith(note);
    };
    if (picture.complete && !picture.naturalWidth) say();
    else picture.addEventListener("error", say, {once: true});
  }

  function watchAll(root) {
    for (const picture of root.querySelectorAll("img[data-broken]")) watch(picture);
  }

  watchAll(document);
  document.addEventListener("formset:added", event => watchAll(event.target));
}
