// node pages/run.mjs film URL OPERATOR_KEY: the README's film, of a server with the demo (./x pictures): from the line to the paid seats
// on a phone. Writes frames into the folder that STAGEDOOR_PICTURES names, and frames.txt: the name of each, and how many milliseconds
// it is shown. STAGEDOOR_LOCALE and STAGEDOOR_THEME say for whom.
import { writeFileSync } from "node:fs";
import { Fan, Operator } from "./fan.mjs";
import { PHONE, crowd, sellSome } from "./pictures.mjs";

const folder = process.env.STAGEDOOR_PICTURES;
const SHORT = 80; // ms: of a movement
const [EVENT, DATE] = [3, 5]; // the arena

class Film {
  frames = [];

  constructor(page) {
    this.page = page;
  }

  async shot(ms) {
    const name = `${String(this.frames.length).padStart(3, "0")}.png`;
    await this.page.screenshot({ path: `${folder}/${name}` });
    this.frames.push(`${name} ${ms}`);
  }

  // Moves the page until this is in the middle of the window, or as far as it goes.
  async scrollTo(locator) {
    const by = await locator.evaluate((element) => {
      const { top, height } = element.getBoundingClientRect();
      return top + height / 2 - innerHeight / 2;
    });
    const steps = Math.min(8, Math.ceil(Math.abs(by) / 60));
    for (let i = 0; i < steps; i++) {
      await this.page.evaluate((step) => scrollBy(0, step), by / steps);
      await this.shot(SHORT);
    }
  }

  // With a mark where the finger is.
  async tap(locator) {
    const box = await locator.boundingBox();
    await this.page.evaluate(([x, y]) => {
      const mark = document.createElement("div");
      mark.id = "finger";
      Object.assign(mark.style, {
        position: "fixed", left: `${x - 22}px`, top: `${y - 22}px`, width: "44px", height: "44px", borderRadius: "50%",
        background: "rgb(128 128 128 / .55)", border: "2px solid white", zIndex: "9", pointerEvents: "none",
      });
      document.body.append(mark);
    }, [box.x + box.width / 2, box.y + box.height / 2]);
    await this.shot(350);
    await this.page.evaluate(() => document.getElementById("finger").remove());
    await locator.click();
  }

  end() {
    writeFileSync(`${folder}/frames.txt`, `${this.frames.join("\n")}\n`);
  }
}

async function inLine(film, fan) {
  const { page } = film;
  const number = () => page.locator("#number").innerText();
  let shown = "";
  while ((await page.locator("#main").getAttribute("data-state")) !== "turn") {
    const now = await number().catch(() => shown);
    if (now !== shown && now !== "") await film.shot(film.frames.length ? 330 : 1500);
    shown = now;
    await page.waitForTimeout(50);
  }
  await fan.state("turn");
  await page.waitForTimeout(1300); // the lamp has lit
  await film.shot(1500);
}

async function choose(film, fan) {
  const { page } = film;
  await film.tap(page.locator("#actions a"));
  await fan.state("open");
  await page.locator(".list").waitFor();
  await film.shot(900);
  const map = page.locator("#map");
  await film.scrollTo(map);
  await film.shot(900);
  const box = await map.boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 3];
  await page.mouse.move(x, y);
  for (let i = 0; i < 10; i++) {
    await page.mouse.wheel(0, -75);
    await page.waitForTimeout(120);
    await film.shot(SHORT);
  }
  await page.mouse.down();
  for (let i = 1; i <= 8; i++) {
    await page.mouse.move(x - 12 * i, y - 9 * i);
    await page.waitForTimeout(60);
    await film.shot(SHORT);
  }
  await page.mouse.up();
  await film.shot(700);
  const three = page.getByRole("radio", { name: "3" });
  await film.scrollTo(page.locator("#find-best"));
  await film.tap(three);
  await film.shot(350);
  await film.tap(page.locator("#find-best"));
  await page.locator(".held li").nth(2).waitFor();
  await page.waitForTimeout(300);
  await film.scrollTo(map);
  await film.shot(1200);
}

async function pay(film, fan) {
  const { page } = film;
  await film.scrollTo(page.locator("#pay"));
  await film.shot(1100);
  await film.tap(page.locator("#pay"));
  await fan.state("paid");
  await page.evaluate(() => scrollTo(0, 0));
  await page.locator(".ticket .place").first().waitFor();
  await page.waitForTimeout(500); // the names of the seats have come
  await film.shot(3000);
}

export default async function ({ browser, url, key }) {
  const operator = new Operator(url, key);
  await sellSome(operator, url, DATE);
  await operator.send("PATCH", `/admin/events/${EVENT}/queue`, { people: 25, every: "1s", active_ttl: "5m", poll_min: "0s", poll_max: "1s" });
  await operator.send("POST", `/admin/events/${EVENT}/queue/pause`, { text: "The doors open soon." });
  await crowd(url, 300, EVENT);
  const { STAGEDOOR_LOCALE: locale = "en-GB", STAGEDOOR_THEME: colorScheme = "dark" } = process.env;
  const fan = await Fan.arrive(browser, url, { ...PHONE, deviceScaleFactor: 1.5, locale, colorScheme });
  await fan.go(`/wait/${EVENT}`);
  await fan.state("paused");
  await crowd(url, 900, EVENT);
  await operator.send("POST", `/admin/events/${EVENT}/queue/resume`);
  await fan.state("waiting", "near");
  await fan.page.waitForTimeout(4000); // for a rate to be measured
  const film = new Film(fan.page);
  await inLine(film, fan);
  await choose(film, fan);
  await pay(film, fan);
  film.end();
}
