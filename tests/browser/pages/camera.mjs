// A ticket is held before the camera of the door: the picture is made of the ticket's own code (R-P9).
import { writeFile } from "node:fs/promises";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { openGate } from "./door.mjs";
import { Fan, call, launch } from "./fan.mjs";
import { buy, join } from "./visitor.mjs";

const WIDTH = 640;
const HEIGHT = 480;

// One frame in YUV4MPEG2, of which Chromium makes a camera: the code in the middle, in grey.
async function filmOf(browser, svg) {
  const page = await browser.newPage();
  const grey = await page.evaluate(async ([source, width, height]) => {
    const image = new Image();
    image.src = `data:image/svg+xml;base64,${btoa(source)}`;
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d");
    context.fillStyle = "#999";
    context.fillRect(0, 0, width, height);
    context.drawImage(image, (width - 420) / 2, (height - 420) / 2, 420, 420);
    const { data } = context.getImageData(0, 0, width, height);
    return Array.from({ length: width * height }, (_, i) => data[4 * i]);
  }, [svg, WIDTH, HEIGHT]);
  await page.close();
  const colours = Buffer.alloc((WIDTH * HEIGHT) / 2, 128);
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420jpeg\nFRAME\n`), Buffer.from(grey), colours]);
}

export default async function ({ browser, url, key }) {
  const visitor = await join(url, 1);
  const { id } = await buy(url, visitor, 1);
  const svg = await (await fetch(`${url}/events/reservations/${id}/ticket.svg`, { headers: visitor.headers })).text();
  const folder = mkdtempSync(`${tmpdir()}/camera-`);
  process.on("exit", () => rmSync(folder, { recursive: true }));
  await writeFile(`${folder}/ticket.y4m`, await filmOf(browser, svg));
  const withCamera = await launch(["--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${folder}/ticket.y4m`]);
  const gate = await openGate(withCamera, url, `${key}-gate`, /Winter Club Night/, { permissions: ["camera"] });
  await gate.page.getByRole("button", { name: "Read with the camera" }).click();
  await gate.state("good");
  await gate.look("gate-camera");
  await gate.page.getByRole("button", { name: "Camera off" }).click();
  await gate.page.locator("video").waitFor({ state: "hidden" });
  await gate.state("good"); // what is held there is judged once
  await gate.leave();
  await withCamera.close();
}
