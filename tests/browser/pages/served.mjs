// A server of the scenario's own, which it may kill and start again on the same store and port, and whose disk it may fill.
import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { once } from "node:events";
import { assert } from "./fan.mjs";

const ENVIRONMENT = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("STAGEDOOR_")));
const STORE = "--store.url=sqlite:sale.db";

export class Served {
  constructor({ url, binary, folder, settings }) {
    Object.assign(this, { binary, folder, settings: [`--http.listen=${new URL(url).host}`, STORE, ...settings] });
    process.on("exit", () => this.process?.kill("SIGKILL"));
  }
  // A write beyond the limit of its files is to fail, not to end it: `trap` leaves that signal ignored.
  async start() {
    this.process = spawn("/bin/sh", ["-c", 'trap "" XFSZ; exec "$0" "$@"', this.binary, "serve", ...this.settings], { cwd: this.folder, env: ENVIRONMENT, stdio: ["ignore", "pipe", "inherit"] });
    for await (const line of createInterface({ input: this.process.stdout })) if (JSON.parse(line).event === "listening") return;
    assert.fail("the server ended before it listened");
  }
  async kill() {
    const ended = once(this.process, "exit");
    this.process.kill("SIGKILL");
    await ended;
  }
  fillDisk(isFull) {
    const limit = spawnSync("prlimit", ["--pid", String(this.process.pid), `--fsize=${isFull ? 1 : "unlimited"}:unlimited`]);
    assert.equal(limit.status, 0, String(limit.stderr));
  }
  audit() {
    const { status, stdout, stderr } = spawnSync(this.binary, ["audit", STORE], { cwd: this.folder, env: ENVIRONMENT, encoding: "utf8" });
    assert.equal(status, 0, stdout + stderr);
  }
}
