/* The panorama's viewer: Pannellum, with the tiles of the unfolded cube, and buttons to turn it. */

const viewer = document.querySelector(".viewer");
const view = viewer.querySelector(".view");
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
const duration = still ? false : 800;

viewer.hidden = false;
const panorama = pannellum.viewer(view, {
  type: "cubemap",
  cubeMap: [...document.querySelectorAll(".cube a")].map((tile) => tile.href),
  autoLoad: true,
  hfov: 90,
  friction: still ? 1 : 0.15,
  showControls: false,
  mouseZoom: false, // the wheel scrolls the page
  capturedKeyNumbers: [37, 38, 39, 40], // the arrows; all others are the browser's
});
panorama.on("load", () => view.setAttribute("aria-busy", "false"));
panorama.on("error", () => { viewer.hidden = true; });

for (const button of viewer.querySelectorAll("button")) {
  const { yaw, pitch, zoom } = button.dataset;
  button.addEventListener("click", () => {
    if (zoom) panorama.setHfov(panorama.getHfov() + Number(zoom), duration);
    else panorama.lookAt(Number(pitch), Number(yaw), undefined, duration);
  });
}
