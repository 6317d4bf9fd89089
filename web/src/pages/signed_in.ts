// Where the identity provider sends the fan back to (R-U12): exchanges the code and goes on to the page the sign-in began on.
import * as en from "../../i18n/en.json";
import * as ko from "../../i18n/ko.json";
import { signIn } from "../api/identity";
import { fill, table, translatePage } from "../lib/i18n";
import { common, startPage } from "../lib/page";

const t = table(ko.signIn, en.signIn);

async function finish(): Promise<void> {
  const state = document.getElementById("state")!;
  try {
    const provider = await signIn();
    if (!provider) throw new Error("auth.mode");
    location.replace(await provider.finish(new URLSearchParams(location.search)));
  } catch (error) {
    state.textContent = fill(t.failed, { reason: error instanceof Error ? error.message : String(error) });
    state.className = "note stop";
    history.replaceState(null, "", "/signed-in"); // the code is of no use any more
  }
}

translatePage({ common, signIn: t });
startPage();
void finish();
