// What is heard and what is seen go together: a line follows the sound, and a part can be heard.
const player = document.querySelector("audio");
const line = document.querySelector(".now");
let end = Infinity;

const follow = () => {
  line.style.setProperty("--at", player.currentTime / +line.dataset.seconds);
  if (player.currentTime >= end) player.pause();
  if (!player.paused) requestAnimationFrame(follow);
};
const hear = (from, to) => {
  player.currentTime = from;
  end = to;
  player.play();
};
player.addEventListener("play", follow);
player.addEventListener("seeked", follow);
player.addEventListener("pause", () => { end = Infinity; });
for (const button of document.querySelectorAll("[data-from]"))
  button.addEventListener("click", (event) => {
    event.stopPropagation();
    hear(+button.dataset.from, +button.dataset.to);
  });
document.querySelector(".plane").addEventListener("click", (event) => {
  const box = event.currentTarget.getBoundingClientRect();
  hear((event.clientX - box.left) / box.width * +line.dataset.seconds, Infinity);
});
