// Texts that the console and the check-in share: roles, the sign-in, and what the server refuses.
import * as en from "../../i18n/staff.en.json";
import * as ko from "../../i18n/staff.ko.json";
import { Refused } from "../api/client";
import { fill, table } from "../lib/i18n";

export const staff = table(ko.staff, en.staff);
const refusals: Record<string, string> = table(ko.consoleRefusals, en.consoleRefusals);

export function textOf(error: unknown): string {
  if (!(error instanceof Refused)) return fill(refusals["other"]!, { message: String(error) });
  return refusals[error.code] ?? fill(refusals["other"]!, { message: error.message });
}
