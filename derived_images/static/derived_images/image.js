/* Shows what is chosen for an .image-input at once, and takes what is dropped on it. */
"use strict";

{
  function enhance(box) {
    const input = box.querySelector('input[type="file"]');
    const picture = document.createElement("img");
    picture.alt = "";
    picture.hidden = true;
    picture.className = "image-chosen";
    input.before(picture);

    input.addEventListener("change", () => {
      URL.revokeObjectURL(picture.src);
      box.querySelector(".image-broken")?.remove();
      const [file] = input.files;
      picture.hidden = !file;
      if (file) picture.src = URL.createObjectURL(file);
    });
    picture.addEventListener("error", () => {
      const note = document.createElement("p");
      note.className = "image-note image-broken";
      note.textContent = box.dataset.broken;
      picture.hidden = true;
      picture.after(note);
    });

    box.addEventListener("dragover", event => {
      if (input.disabled || !event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      event.stopPropagation();  // Another box may be around this one.
      box.classList.add("image-over");
    });
    for (const end of ["dragleave", "drop"]) {
      box.addEventListener(end, () => box.classList.remove("image-over"));
    }
    box.addEventListener("drop", event => {
      const [file] = event.dataTransfer.files;
      if (input.disabled || !file) return;
      event.preventDefault();
      event.stopPropagation();
      const one = new DataTransfer();
      one.items.add(file);
      input.files = one.files;
      input.dispatchEvent(new Event("change", {bubbles: true}));
    });
  }

  function enhanceAll(root) {
    for (const box of root.querySelectorAll(".image-input")) {
      const {name} = box.querySelector('input[type="file"]');
      if (!name.includes("__prefix__") && !box.querySelector(".image-chosen")) enhance(box);
    }
  }

  enhanceAll(document);
  document.addEventListener("formset:added", event => enhanceAll(event.target));
}
