// The sign-in by operator key.
import { useSignal } from "@preact/signals";
import { signIn, wasRefused } from "./session";
import { staff, textOf } from "./staff";

export function SignIn({ title }: { title: string }) {
  const key = useSignal("");
  const failure = useSignal("");
  const isBusy = useSignal(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    isBusy.value = true;
    failure.value = "";
    try {
      await signIn(key.value);
    } catch (error) {
      failure.value = textOf(error);
    } finally {
      isBusy.value = false;
    }
  };
  return (
    <form class="sheet stack sign-in" onSubmit={(event) => void submit(event)}>
      <h1>{title}</h1>
      {wasRefused.value && <p class="note stop" role="alert">{staff.keyRefused}</p>}
      <div class="field">
        <label for="key">{staff.key}</label>
        <input id="key" type="password" autocomplete="off" required value={key} onInput={(event) => (key.value = event.currentTarget.value)} />
        <span class="tiny">{staff.keyHint}</span>
      </div>
      {failure.value && <p class="note stop" role="alert">{failure.value}</p>}
      <button class="wide" disabled={isBusy.value}>{staff.signIn}</button>
    </form>
  );
}
