"use strict";
// The page around the maps: legend, buttons, colour scheme, and sounds with a line that follows.
readColours();
const watcher = new IntersectionObserver(
  (entries) => {
    for (const entry of entries)
      views.find((view) => view.canvas === entry.target).visible = entry.isIntersecting;
    redraw();
  },
  { rootMargin: "100px" },
);
for (const canvas of document.querySelectorAll("canvas[data-map]")) {
  views.push(new View(canvas));
  watcher.observe(canvas);
}
addEventListener("resize", redraw);
dark.addEventListener("change", () => {
  readColours();
  for (const view of views) view.sprites = null;
  redraw();
});

for (const button of document.querySelectorAll("[data-label]")) {
  const code = +button.dataset.label;
  const shine = (on) => {
    shining = on && !hidden[code] ? code : -1;
    redraw();
  };
  button.addEventListener("click", () => {
    hidden[code] = 1 - hidden[code];
    button.setAttribute("aria-pressed", String(!hidden[code]));
    shine(!hidden[code]);
  });
  for (const [kind, on] of [["pointerenter", true], ["pointerleave", false], ["focus", true], ["blur", false]])
    button.addEventListener(kind, () => shine(on));
}
for (const button of document.querySelectorAll("[data-show]"))
  button.addEventListener("click", () => {
    mark(+button.dataset.show);
    document.getElementById("maps").scrollIntoView();
  });

// One sound at a time, and a line that runs over the pictures of what is heard.
for (const player of document.querySelectorAll("audio")) {
  const lines = player.closest("[data-heard]")?.querySelectorAll(".now") ?? [];
  const follow = () => {
    const share = player.duration ? player.currentTime / player.duration : 0;
    for (const line of lines) line.style.setProperty("--at", share);
    if (!player.paused) requestAnimationFrame(follow);
  };
  player.addEventListener("seeked", follow);
  player.addEventListener("play", () => {
    for (const other of document.querySelectorAll("audio")) if (other !== player) other.pause();
    follow();
  });
}
