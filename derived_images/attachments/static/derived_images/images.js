/* The images of a row, in the admin: files are uploaded as they are chosen, images of the library are
   chosen by thumbnails, and all are dragged, or moved by keys, into their order. Without it there are
   fields. */
"use strict";

{
  /** Let a page wait for what a person is still typing, or clicking at, in milliseconds. */
  const PAUSE = 250;
  /** Near the edge of the window what is dragged scrolls the page, in pixels. */
  const EDGE = 60;

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key in made) made[key] = value;
      else made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  }

  function iconButton(className, sign, label) {
    return element("button", {type: "button", className, textContent: sign, "aria-label": label, title: label});
  }

  class ImagesOfRow {
    constructor(group) {
      this.group = group;
      this.words = group.dataset;
      this.list = group.querySelector(".images-list");
      this.form = group.closest("form");
      this.uploads = new Uploads(this);
      for (const item of this.list.children) this.furnish(item);
      this.number();
      const files = group.querySelector("input[name$='-files']");
      if (files) this.takeFiles(files);
      const picked = group.querySelector("input[name$='-picked']");
      if (picked && !picked.value) new Library(this, picked);
      this.form.addEventListener("formdata", event => this.leaveOut(event.formData));
      // Who comes back finds the numbers that were there, and the items as they were first.
      window.addEventListener("pageshow", () => this.number());
    }

    say(text) {
      this.group.querySelector(".images-said").textContent = text;
    }

    // --- Items

    get items() {
      return [...this.list.children];
    }

    /** Add an image that is not on the row yet, and return its item. */
    add(title, source, number = "") {
      const total = this.group.querySelector("input[name$='-TOTAL_FORMS']");
      const template = document.createElement("template");
      template.innerHTML = this.group.querySelector(".images-new").innerHTML.replaceAll("__prefix__", total.value);
      const item = template.content.firstElementChild;
      total.value = Number(total.value) + 1;
      this.show(item, title, source);
      if (number) this.setNumber(item, number);
      this.furnish(item);
      this.list.append(item);
      this.number();
      item.dispatchEvent(new CustomEvent("formset:added", {bubbles: true, detail: {formsetName: this.words.prefix}}));
      return item;
    }

    /** Let an item be of this picture. */
    show(item, title, source) {
      item.dataset.title = title;
      item.querySelector(".images-title").textContent = title;
      item.querySelector("[role=group]").setAttribute("aria-label", title);
      for (const [button, word] of [["handle", this.words.move], ["leave", this.words.leave]]) {
        item.querySelector(`.images-${button}`)?.setAttribute("aria-label", `${word}: ${title}`);
      }
      item.querySelectorAll(".images-says > .image-note, .errorlist").forEach(note => note.remove());
      const picture = element("img", {src: source, alt: "", "data-broken": this.words.broken});
      picture.addEventListener("load", () => URL.revokeObjectURL(source), {once: true});
      item.querySelector(".images-picture").replaceChildren(picture);
    }

    /** Say which image of the library an item is. */
    setNumber(item, number) {
      item.querySelector("input[name$='-number']").value = number;
      item.querySelector(".images-file")?.setAttribute("hidden", "");
      item.dataset.image = number;
    }

    remove(item) {
      if (item.querySelector("input[type=radio]").checked) {
        const {value} = this.group.querySelector("input[name$='-cover_before']");
        const before = this.group.querySelector(`input[name$='-cover'][value='${CSS.escape(value)}']`);
        if (value && before) before.checked = true;
      }
      item.remove();
      this.number();
      this.group.dispatchEvent(new Event("images:removed"));
    }

    /** Give an item what script can do for it. */
    furnish(item) {
      const place = item.querySelector("input[name$='-place']");
      if (!place) return;
      item.prepend(this.handleOf(item));
      // Nothing moves under a click that is on its way.
      place.addEventListener("change", () => {
        if (place.value) setTimeout(() => this.moveTo(item, place.value - 1), PAUSE);
      });
      if (!item.classList.contains("images-item-new")) return;
      if (item.dataset.image) this.setNumber(item, item.dataset.image);
      item.querySelector("input[type=file]")?.addEventListener("change", event => {
        const [file] = event.target.files;
        if (file) this.uploads.add(file, item);
      });
      item.querySelector(".images-remove")?.remove();
      const leave = iconButton("images-leave", "×", `${this.words.leave}: ${item.dataset.title}`);
      leave.addEventListener("click", () => {
        const next = item.nextElementSibling ?? item.previousElementSibling;
        this.remove(item);
        (next?.querySelector(".images-handle") ?? this.group.querySelector("input[name$='-files']"))?.focus();
      });
      item.append(leave);
    }

    /** Send less: what nobody touched stays as it is, and Django takes a thousand fields. */
    leaveOut(data) {
      for (const item of this.items) {
        // What a form shows again was changed before.
        const kinds = "isChanged" in item.dataset ? "[type=file]" : "[type=text], [type=number], [type=file]";
        for (const field of item.querySelectorAll(`textarea, input:is(${kinds})`)) {
          const isKept = field.localName === "textarea" && "isChanged" in item.dataset;
          if (field.value === field.defaultValue && !isKept) data.delete(field.name);
        }
      }
    }

    // --- Order

    number() {
      this.items.forEach((item, place) => {
        const field = item.querySelector("input[name$='-place']");
        if (field) field.value = place + 1;
      });
      const limit = Number(this.words.limit);
      const staying = this.items.filter(item => !item.querySelector(".images-remove input:checked"));
      // A new one takes the place of the only one.
      const counted = limit === 1 ? staying.filter(item => item.classList.contains("images-item-new")) : staying;
      this.say(limit && counted.length > limit ? this.words.tooMany.replace("{limit}", limit) : "");
    }

    moveTo(item, place) {
      const focused = item.contains(document.activeElement) ? document.activeElement : null;
      const others = this.items.filter(other => other !== item);
      const next = others[Math.max(0, place)];
      if (next) next.before(item);
      else this.list.append(item);
      this.number();
      focused?.focus();
    }

    move(item, step) {
      const other = step < 0 ? item.previousElementSibling : item.nextElementSibling;
      if (!other) return;
      // The other one is what moves: this one would lose its focus, and the pointer.
      if (step < 0) item.after(other);
      else item.before(other);
      this.number();
    }

    follow(item, y) {
      const isPast = (other, step) => {
        const box = other?.getBoundingClientRect();
        return box && step * (y - box.top - box.height / 2) > 0;
      };
      while (isPast(item.previousElementSibling, -1)) this.move(item, -1);
      while (isPast(item.nextElementSibling, 1)) this.move(item, 1);
    }

    handleOf(item) {
      const handle = iconButton("images-handle", "↕", `${this.words.move}: ${item.dataset.title}`);
      handle.title = this.words.how;
      handle.setAttribute("aria-description", this.words.how);
      handle.addEventListener("click", event => {
        // By keys, or by who cannot send arrows: the number says it as well.
        if (!event.detail) item.querySelector("input[name$='-place']").select();
      });
      handle.addEventListener("keydown", event => {
        const step = {ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1}[event.key];
        if (!step || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        this.move(item, step);
        item.scrollIntoView({block: "nearest"});
        this.say(`${item.dataset.title}: ${this.items.indexOf(item) + 1} / ${this.items.length}`);
      });
      handle.addEventListener("pointerdown", event => {
        if (event.button !== 0) return;
        event.preventDefault();  // No text is selected.
        handle.focus();
        this.drag(item, event.clientY);
      });
      return handle;
    }

    drag(item, y) {
      const end = new AbortController();
      const options = {signal: end.signal};
      const scroll = () => {
        if (end.signal.aborted) return;
        const step = (y > innerHeight - EDGE) - (y < EDGE);
        if (step) {
          scrollBy(0, 8 * step);
          this.follow(item, y);
        }
        requestAnimationFrame(scroll);
      };
      item.classList.add("images-moving");
      document.addEventListener("pointermove", event => {
        y = event.clientY;
        this.follow(item, y);
      }, options);
      for (const over of ["pointerup", "pointercancel"]) {
        document.addEventListener(over, () => {
          item.classList.remove("images-moving");
          end.abort();
        }, options);
      }
      scroll();
    }

    // --- Files

    takeFiles(input) {
      const add = files => {
        for (const file of input.multiple ? files : [...files].slice(0, 1)) this.uploads.add(file);
      };
      input.after(element("span", {className: "images-drop", textContent: this.words.drop}));
      input.addEventListener("change", () => {
        add([...input.files]);
        input.value = "";  // They are items now.
      });
      for (const over of ["dragenter", "dragover"]) {
        this.group.addEventListener(over, event => {
          if (!event.dataTransfer.types.includes("Files")) return;
          event.preventDefault();
          this.group.classList.add("image-over");
        });
      }
      for (const end of ["dragleave", "drop"]) {
        this.group.addEventListener(end, () => this.group.classList.remove("image-over"));
      }
      this.group.addEventListener("drop", event => {
        if (!event.dataTransfer.files.length) return;
        event.preventDefault();
        add(event.dataTransfer.files);
      });
    }
  }

  /** Files on their way to the library, one after the other. Where it takes none, forms carry them. */
  class Uploads {
    constructor(images) {
      this.images = images;
      this.waiting = [];
      this.current = null;
      this.isHeld = false;
      images.form.addEventListener("submit", event => this.hold(event));
      images.group.addEventListener("images:removed", () => this.current?.item.isConnected || this.current?.request.abort());
    }

    /** Upload a file as a new item, or as one that is there. */
    add(file, item) {
      const source = URL.createObjectURL(file);
      if (item) this.images.show(item, file.name, source);
      else item = this.images.add(file.name, source);
      // If the upload fails, the form carries it.
      const carried = new DataTransfer();
      carried.items.add(file);
      item.querySelector("input[type=file]").files = carried.files;
      if (!this.images.words.upload) return;
      item.querySelector(".images-file").hidden = true;
      const bar = element("progress", {max: 1, value: 0, "aria-label": `${this.images.words.uploading}: ${file.name}`});
      item.querySelector(".images-title").after(bar);
      this.waiting.push({item, file, bar});
      if (!this.current) this.next();
    }

    next() {
      this.current = this.waiting.shift() ?? null;
      if (!this.current) this.release();
      else if (this.current.item.isConnected) this.send(this.current);
      else this.next();
    }

    send({item, file, bar}) {
      const request = new XMLHttpRequest();
      this.current.request = request;
      request.responseType = "json";
      request.upload.addEventListener("progress", sent => {
        if (sent.lengthComputable) bar.value = sent.loaded / sent.total;
      });
      request.addEventListener("loadend", () => {
        bar.remove();
        this.settle(item, request.response ?? {});
        this.next();
      });
      const data = new FormData();
      data.append("file", file);
      request.open("POST", this.images.words.upload);
      request.setRequestHeader("X-CSRFToken", this.images.form.elements.csrfmiddlewaretoken.value);
      request.send(data);
    }

    settle(item, {number, errors}) {
      if (!item.isConnected) return;
      const input = item.querySelector("input[type=file]");
      const {words} = this.images;
      if (number) {
        input.value = "";
        this.images.setNumber(item, number);
        return;
      }
      // What was refused stays, so that it is refused again, and not left out without a word.
      const told = errors ? [...errors, words.refused] : [words.failed];
      item.querySelector(".images-file").hidden = false;
      item.querySelector(".images-title").after(element("p", {className: "image-note", textContent: told.join(" ")}));
      this.images.say(`${item.dataset.title}: ${told.join(" ")}`);
      this.isHeld = false;  // Who saves sees it first.
    }

    hold(event) {
      if (!this.current) return;
      event.preventDefault();
      this.isHeld = true;
      this.submitter = event.submitter;
      this.images.say(this.images.words.waiting);
    }

    release() {
      if (!this.isHeld) return;
      this.isHeld = false;
      this.images.form.requestSubmit(this.submitter);
    }
  }

  /** What is in the library already, to be searched, and chosen by thumbnails. */
  class Library {
    constructor(images, input) {
      this.images = images;
      this.words = images.words;
      this.asked = 0;
      this.search = element("input", {type: "search", placeholder: this.words.search, "aria-label": this.words.search});
      this.count = element("p", {role: "status"});
      this.found = element("ul", {className: "images-found"});
      this.panel = element("div", {className: "images-panel", hidden: true}, this.search, this.count, this.found);
      this.opener = element("button", {type: "button", className: "button", textContent: this.words.open, "aria-expanded": "false"});
      input.closest("p").hidden = true;
      input.closest("p").after(element("p", {}, this.opener), this.panel);
      this.opener.addEventListener("click", () => this.toggle());
      this.search.addEventListener("input", () => {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.look(), PAUSE);
      });
      this.search.addEventListener("keydown", event => {
        if (event.key === "Enter") event.preventDefault();  // It would send the form.
      });
      images.group.addEventListener("images:removed", () => this.mark());
    }

    toggle() {
      this.panel.hidden = !this.panel.hidden;
      this.opener.setAttribute("aria-expanded", String(!this.panel.hidden));
      if (this.panel.hidden) return;
      this.look();
      this.search.focus();
    }

    async look() {
      const mine = ++this.asked;
      let images = [], count = 0, said = this.words.unanswered;
      try {
        const answer = await fetch(`${this.words.choices}&q=${encodeURIComponent(this.search.value)}`);
        ({images, count} = await answer.json());
        said = this.words.found.replace("{shown}", images.length).replace("{all}", count);
      } catch {
        // Nobody answered, or what did is a page to log in.
      }
      if (mine !== this.asked) return;
      this.count.textContent = said;
      this.found.replaceChildren(...images.map(image => this.choice(image)));
      this.mark();
    }

    choice({number, title, thumbnail}) {
      const box = element("input", {type: "checkbox", value: number});
      box.addEventListener("change", () => {
        if (box.checked) this.images.add(title, thumbnail, number);
        else this.images.remove(this.itemOf(number));
      });
      const picture = element("img", {src: thumbnail, alt: "", loading: "lazy"});
      picture.addEventListener("error", () => picture.replaceWith(element("p", {className: "image-note", textContent: this.words.broken})));
      return element("li", {}, element("label", {}, box, picture, element("span", {textContent: title})));
    }

    itemOf(number) {
      return this.images.items.find(item => item.dataset.image === number);
    }

    /** Check what is on the row; what is there already is removed there. */
    mark() {
      for (const box of this.found.querySelectorAll("input")) {
        const item = this.itemOf(box.value);
        box.checked = Boolean(item);
        box.disabled = Boolean(item) && !item.classList.contains("images-item-new");
      }
    }
  }

  const groups = document.querySelectorAll(".images-inline");
  for (const group of groups) new ImagesOfRow(group);
  // Who drops beside it keeps the page, and what was filled in.
  for (const type of groups.length ? ["dragover", "drop"] : []) {
    document.addEventListener(type, event => {
      if (event.dataTransfer.types.includes("Files")) event.preventDefault();
    });
  }
}
