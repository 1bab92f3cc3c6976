/* A picture beside every input[data-focus], on which its focal point is set by pointer or by keys.

   data-focus is the name of the image field of the same form, data-focus-picture the picture that
   is stored and data-focus-room its dimensions, data-focus-text how a point is said aloud. */
"use strict";

{
  const STEPS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
  const limited = value => Math.min(100, Math.max(0, Math.round(value)));

  // "photos-3-focus" has its picture in "photos-3-image", whatever number the row has got by now.
  function fileOf(input) {
    const name = input.name.slice(0, input.name.lastIndexOf("-") + 1) + input.dataset.focus;
    return input.form?.querySelector(`input[type="file"][name="${CSS.escape(name)}"]`);
  }

  function boxFor(input) {
    const box = document.createElement("div");
    const picture = document.createElement("img");
    const mark = document.createElement("span");
    box.className = "focus-box";
    mark.className = "focus-mark";
    picture.alt = "";
    picture.draggable = false;
    if (input.dataset.focusRoom) {
      const [width, height] = input.dataset.focusRoom.split(" ");
      picture.style.aspectRatio = `${width} / ${height}`;
      picture.style.width = `min(${width}px, 30rem, 20rem * ${width} / ${height})`;
    }
    Object.entries({
      "role": "slider",
      "tabindex": "0",
      "aria-label": input.dataset.focusLabel,
      "aria-valuemin": "0",
      "aria-valuemax": "100",
    }).forEach(([name, value]) => box.setAttribute(name, value));
    box.append(picture, mark);
    return [box, picture, mark];
  }

  function enhance(input) {
    const [box, picture, mark] = boxFor(input);
    input.after(box);

    function point() {
      const parts = /^\s*([\d.]+)%\s+([\d.]+)%\s*$/.exec(input.value);
      return parts ? [limited(parts[1]), limited(parts[2])] : null;
    }

    function draw() {
      const [x, y] = point() ?? [50, 50];
      mark.style.left = `${x}%`;
      mark.style.top = `${y}%`;
      box.classList.toggle("focus-unset", point() === null);
      box.setAttribute("aria-valuenow", x);
      box.setAttribute("aria-valuetext", input.dataset.focusText.replace("{x}", `${x}%`).replace("{y}", `${y}%`));
    }

    function write(value) {
      input.value = value;
      input.dispatchEvent(new Event("change", {bubbles: true}));
    }

    function set(x, y) {
      write(`${limited(x)}% ${limited(y)}%`);
    }

    function follow(event) {
      const place = picture.getBoundingClientRect();
      set(100 * (event.clientX - place.left) / place.width, 100 * (event.clientY - place.top) / place.height);
    }

    function show(url) {
      if (picture.src.startsWith("blob:")) URL.revokeObjectURL(picture.src);
      box.hidden = !url;
      if (url) picture.src = url;
    }

    // A finger that moves scrolls the page: it points by a tap, which is a click.
    box.addEventListener("click", follow);
    box.addEventListener("pointerdown", event => {
      if (event.pointerType !== "touch") box.setPointerCapture(event.pointerId);
    });
    box.addEventListener("pointermove", event => {
      if (event.pointerType !== "touch" && box.hasPointerCapture(event.pointerId)) follow(event);
    });
    box.addEventListener("keydown", event => {
      const step = STEPS[event.key];
      if (step) {
        const [x, y] = point() ?? [50, 50];
        const length = event.shiftKey ? 10 : 1;
        set(x + length * step[0], y + length * step[1]);
      } else if (["Delete", "Backspace"].includes(event.key)) {
        write("");
      } else {
        return;
      }
      event.preventDefault();
    });
    picture.addEventListener("error", () => show(""));
    for (const change of ["input", "change"]) input.addEventListener(change, draw);
    input.form?.addEventListener("change", event => {
      if (event.target !== fileOf(input)) return;
      const [file] = event.target.files;
      // What was pointed at in another picture is nothing in this one.
      if (file && input.value === input.defaultValue) write("");
      picture.removeAttribute("style");
      show(file ? URL.createObjectURL(file) : input.dataset.focusPicture);
    });
    show(input.dataset.focusPicture);
    draw();
  }

  function enhanceAll(root) {
    for (const input of root.querySelectorAll("input[data-focus]")) {
      if (!input.name.includes("__prefix__") && !input.nextElementSibling?.matches(".focus-box")) {
        enhance(input);
      }
    }
  }

  enhanceAll(document);
  // The admin's inlines are copied from an empty form when one is added.
  document.addEventListener("formset:added", event => enhanceAll(event.target));
}
