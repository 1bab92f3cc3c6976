/* Buttons and whole steps for every .carousel; pictures are there without. */
"use strict";

for (const carousel of document.querySelectorAll(".carousel")) {
  const slides = carousel.querySelector(".carousel-slides");
  const places = [...carousel.querySelectorAll(".carousel-places a")];
  if (places.length < 2) continue;
  const towards = getComputedStyle(slides).direction === "rtl" ? -1 : 1;

  // From one picture to the next, with the gap between them.
  const width = () => Math.abs(slides.children[1].offsetLeft - slides.children[0].offsetLeft);
  const shown = () => Math.round(Math.abs(slides.scrollLeft) / width());
  const limited = number => Math.min(places.length - 1, Math.max(0, number));
  /** Where it is still on its way to: who presses twice goes on by two. */
  let aim = null;

  function turnTo(number) {
    aim = limited(number);
    const [first] = slides.children;
    slides.scrollTo({left: slides.children[aim].offsetLeft - first.offsetLeft});
  }
  function turnBy(step) {
    turnTo((aim ?? shown()) + step);
  }
  function mark() {
    const current = shown();
    if (aim === current) aim = null;
    places.forEach((place, number) => {
      if (number !== current) place.removeAttribute("aria-current");
      else if (!place.hasAttribute("aria-current")) {
        place.setAttribute("aria-current", "true");
        const list = place.closest("ol");  // The page itself stays where it is.
        const middle = place.offsetLeft + place.offsetWidth / 2 - list.offsetLeft;
        list.scrollTo({left: middle - list.clientWidth / 2});
      }
    });
  }

  places.forEach((place, number) => place.addEventListener("click", event => {
    event.preventDefault();
    turnTo(number);
  }));
  slides.addEventListener("keydown", event => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const step = {ArrowLeft: -towards, ArrowRight: towards}[event.key];
    const end = {Home: 0, End: places.length - 1}[event.key];
    if (step === undefined && end === undefined) return;
    event.preventDefault();
    if (step) turnBy(step);
    else turnTo(end);
  });
  slides.addEventListener("scroll", mark, {passive: true});
  for (const other of ["pointerdown", "wheel"]) {
    slides.addEventListener(other, () => { aim = null; }, {passive: true});
  }

  for (const [where, step, sign, word] of [["prepend", -1, "‹", "before"], ["append", 1, "›", "after"]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "carousel-turn";
    button.textContent = sign;
    button.setAttribute("aria-label", carousel.dataset[word]);
    button.addEventListener("click", () => turnBy(step));
    carousel.querySelector(".carousel-turns")[where](button);
  }
  mark();
}
