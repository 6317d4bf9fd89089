// node pages/run.mjs SCENARIO URL OPERATOR_KEY: one scenario of this folder in Chromium. Ends with code 1 and says why.
import { launch } from "./fan.mjs";

const [name, url, key] = process.argv.slice(2);
const { default: scenario } = await import(`./${name}.mjs`);
const browser = await launch();
try {
  await scenario({ browser, url, key });
} catch (error) {
  console.log(error.stack);
  for (const context of browser.contexts()) {
    for (const page of context.pages()) {
      console.log(page.url(), await page.locator("main").innerText().catch(() => ""));
      if (process.env.STAGEDOOR_PICTURES) await page.screenshot({ path: `${process.env.STAGEDOOR_PICTURES}/failed-${name}.png` }).catch(() => undefined);
    }
  }
  process.exitCode = 1;
} finally {
  await browser.close();
}
process.exit(); // a server of the scenario may still listen
