// Who the fan is (R-U12). Mode `token`: a UUID made here. Mode `jwt`: who signed in, proved by the ID token. Mode `gateway`: the
// proxy has said it. The place's token always travels in `queue-token`.
import { randomUuid } from "../lib/bytes";
import { clock } from "../lib/clock";
import { forget, places, read, write } from "../lib/store";
import { type Data, Refused, call } from "./client";
import { SignIn } from "./oidc";

type Headers = Record<string, string>;

export type ClientSettings = Data<"getClient">;
let settings: Promise<ClientSettings> | null = null;
export function clientSettings(): Promise<ClientSettings> {
  settings ??= call("getClient", { path: "/client" }).catch((error: unknown) => {
    settings = null;
    throw error;
  });
  return settings;
}

export async function signIn(): Promise<SignIn | null> {
  const { authMode, oidc } = await clientSettings();
  return authMode === "jwt" && oidc ? new SignIn(oidc) : null;
}

// The guest of mode `token`.
export function guest(): string {
  const known = read<string>("user");
  if (known) return known;
  const made = randomUuid();
  write("user", made);
  return made;
}

// Sends the fan to the provider and does not return.
export async function goToSignIn(): Promise<never> {
  const provider = await signIn();
  if (!provider) throw new Refused("TOKEN_NOT_FOUND", "This site has no sign-in for pages.", 401);
  await provider.begin(location.pathname + location.search);
  return new Promise<never>(() => undefined);
}

// Thrown where a proof is needed and the fan has not signed in.
export class SignInNeeded extends Error {}

async function proof(): Promise<Headers> {
  const provider = await signIn();
  if (!provider) return {};
  const token = await provider.proof();
  if (!token) throw new SignInNeeded();
  return { Authorization: `Bearer ${token}` };
}

// The server does not accept the proof that was sent (401). False: this site has no sign-in for pages.
export async function proofRefused(): Promise<boolean> {
  const provider = await signIn();
  provider?.forget();
  return provider !== null;
}

// For a join. `userId` goes into the body where the server believes it.
export async function joining(): Promise<{ headers: Headers; userId: string | undefined }> {
  const { authMode } = await clientSettings();
  return { headers: await proof(), userId: authMode === "token" ? guest() : undefined };
}

// For calls that look at a place only.
export function byPlace(token: string): Headers {
  return { "queue-token": token };
}

// For calls that need the fan's turn: hold, best seats, pay.
export async function byTurn(token: string): Promise<Headers> {
  return { ...byPlace(token), ...(await proof()) };
}

interface Session {
  userId: string;
  token: string;
  expiresAt: string;
}

// For calls about what belongs to the fan, whatever their turn.
export async function byOwner(): Promise<Headers> {
  if ((await clientSettings()).authMode !== "token") return proof();
  const kept = read<Session>("session");
  if (kept && kept.userId === guest() && Date.parse(kept.expiresAt) > clock.now() + 60_000) return byPlace(kept.token);
  const made = await call("beginSession", { method: "POST", path: "/sessions", body: { userId: guest() } });
  write("session", made);
  return byPlace(made.token);
}

// An owner's call; a session that was revoked or has ended is made again once.
export async function asOwner<T>(send: (headers: Headers) => Promise<T>): Promise<T> {
  try {
    return await send(await byOwner());
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 401) throw error;
    if (read<Session>("session")) {
      forget("session");
      return send(await byOwner());
    }
    if (await proofRefused()) throw new SignInNeeded();
    throw error;
  }
}

export { places };
