// Sign-in with OpenID Connect: authorization code with PKCE (RFC 7636), as a public client. The ID token is the proof that the
// API takes; it is renewed with the refresh token where the provider gives one.
import { randomBytes, fromBase64url, toBase64url } from "../lib/bytes";
import { clock } from "../lib/clock";
import { sha256 } from "../lib/sha256";
import { forget, forgetPerson, read, write } from "../lib/store";

export interface OidcSettings {
  issuer: string;
  clientId: string;
  scope: string;
}

interface Provider {
  issuer: string;
  authorization_endpoint: string;
  token_endpoint: string;
}
interface Begun {
  state: string;
  nonce: string;
  verifier: string;
  returnTo: string;
}
interface Tokens {
  idToken: string;
  refreshToken: string | null;
  expiresAt: number; // ms
  subject: string;
}

// The sign-in cannot be used any more. Any other error may pass.
export class SignInFailed extends Error {}

const text = new TextEncoder();
const SOON_MS = 60_000;
const TIME_OUT_MS = 15_000;

// The path that a sign-in leads back to: one of this server's pages.
export function safeReturn(path: unknown): string {
  return typeof path === "string" && /^\/(?![/\\])/.test(path) ? path : "/";
}

export function claimsOf(jwt: string): Record<string, unknown> {
  const payload = jwt.split(".")[1];
  if (!payload) throw new SignInFailed("The ID token is no JWT.");
  return JSON.parse(new TextDecoder().decode(fromBase64url(payload))) as Record<string, unknown>;
}

// Checks of OpenID Connect Core 3.1.3.7. The signature is the API's to check; here TLS to the provider stands for it.
export function checkClaims(claims: Record<string, unknown>, expected: { issuer: string; clientId: string; nonce: string | null; now: number }): void {
  const audience = ([] as unknown[]).concat(claims["aud"]);
  if (claims["iss"] !== expected.issuer) throw new SignInFailed("The ID token is another provider's.");
  if (!audience.includes(expected.clientId)) throw new SignInFailed("The ID token is for another client.");
  if (expected.nonce !== null && claims["nonce"] !== expected.nonce) throw new SignInFailed("The ID token is of another sign-in.");
  if (!(Number(claims["exp"]) * 1000 > expected.now - SOON_MS)) throw new SignInFailed("The ID token has expired.");
}

let discovered: Promise<Provider> | null = null;
let renewing: Promise<string | null> | null = null;

const isDue = (tokens: Tokens | null) => !!tokens?.refreshToken && tokens.expiresAt <= clock.now() + SOON_MS;
const proofIn = (tokens: Tokens | null) => (tokens && tokens.expiresAt > clock.now() ? tokens.idToken : null);

// One page at a time where the browser has locks: a refresh token may be good for one use only.
function alone<T>(work: () => Promise<T>): Promise<T> {
  return navigator.locks ? (navigator.locks.request("stagedoor.id", work) as Promise<T>) : work();
}

export class SignIn {
  constructor(private readonly settings: OidcSettings) {}

  private provider(): Promise<Provider> {
    const base = this.settings.issuer.replace(/\/$/, "");
    discovered ??= fetch(`${base}/.well-known/openid-configuration`, { signal: AbortSignal.timeout(TIME_OUT_MS) })
      .then(async (answer) => {
        const document = (await answer.json()) as Provider;
        if (!answer.ok || document.issuer !== this.settings.issuer) throw new Error(`The provider's configuration is of ${document.issuer}, status ${answer.status}.`);
        return document;
      })
      .catch((error: unknown) => {
        discovered = null;
        throw error;
      });
    return discovered;
  }

  get redirectUri(): string {
    return `${location.origin}/signed-in`;
  }

  // Leaves this page.
  async begin(returnTo: string): Promise<void> {
    const random = () => toBase64url(randomBytes(32));
    const begun: Begun = { state: random(), nonce: random(), verifier: random(), returnTo };
    write("sign-in", begun);
    const url = new URL((await this.provider()).authorization_endpoint);
    const parameters = {
      response_type: "code",
      client_id: this.settings.clientId,
      redirect_uri: this.redirectUri,
      scope: this.settings.scope,
      state: begun.state,
      nonce: begun.nonce,
      code_challenge: toBase64url(sha256(text.encode(begun.verifier))),
      code_challenge_method: "S256",
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    if (/\boffline_access\b/.test(this.settings.scope)) url.searchParams.set("prompt", "consent");
    location.assign(url.href);
  }

  // On /signed-in: exchanges the code. Returns the page to go back to.
  async finish(query: URLSearchParams): Promise<string> {
    const begun = read<Begun>("sign-in");
    forget("sign-in"); // once
    if (!begun || query.get("state") !== begun.state) throw new SignInFailed("This sign-in did not begin here.");
    const code = query.get("code");
    if (!code) throw new SignInFailed(query.get("error_description") ?? query.get("error") ?? "The provider sent no code.");
    await this.exchange({ grant_type: "authorization_code", code, redirect_uri: this.redirectUri, code_verifier: begun.verifier }, begun.nonce);
    return safeReturn(begun.returnTo);
  }

  // The ID token, renewed if it ends soon; null: the fan has to sign in.
  async proof(): Promise<string | null> {
    const tokens = read<Tokens>("id");
    if (!isDue(tokens)) return proofIn(tokens);
    renewing ??= alone(() => this.renew()).finally(() => (renewing = null));
    return renewing;
  }

  private async renew(): Promise<string | null> {
    const tokens = read<Tokens>("id"); // another page may have renewed it
    const sent = tokens?.refreshToken;
    if (!isDue(tokens) || !sent) return proofIn(tokens);
    try {
      await this.exchange({ grant_type: "refresh_token", refresh_token: sent }, null, tokens.subject);
    } catch (error) {
      if (error instanceof SignInFailed && read<Tokens>("id")?.refreshToken === sent) this.forget();
    }
    return proofIn(read<Tokens>("id"));
  }

  forget(): void {
    forget("id");
  }

  private async exchange(fields: Record<string, string>, nonce: string | null, subject?: string): Promise<void> {
    const answer = await fetch((await this.provider()).token_endpoint, {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded", Accept: "application/json" },
      body: new URLSearchParams({ client_id: this.settings.clientId, ...fields }).toString(),
      signal: AbortSignal.timeout(TIME_OUT_MS),
    });
    const tokens = (await answer.json()) as Record<string, string | undefined>;
    const idToken = tokens["id_token"];
    if (!answer.ok || !idToken) {
      const reason = tokens["error_description"] ?? tokens["error"] ?? `status ${answer.status}`;
      throw tokens["error"] === "invalid_grant" ? new SignInFailed(reason) : new Error(reason);
    }
    const claims = claimsOf(idToken);
    checkClaims(claims, { issuer: this.settings.issuer, clientId: this.settings.clientId, nonce, now: clock.now() });
    if (subject !== undefined && claims["sub"] !== subject) throw new SignInFailed("The renewed ID token is of somebody else.");
    const kept: Tokens = {
      idToken,
      refreshToken: tokens["refresh_token"] ?? fields["refresh_token"] ?? null,
      expiresAt: Number(claims["exp"]) * 1000,
      subject: String(claims["sub"]),
    };
    const before = read<string>("subject") ?? read<Tokens>("id")?.subject ?? kept.subject;
    if (before !== kept.subject) forgetPerson();
    write("subject", kept.subject); // outlives the tokens
    write("id", kept);
  }
}
