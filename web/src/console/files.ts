// Files that the browser keeps, and the text of a table as CSV.
type Cell = string | number;

// What spreadsheets take for the begin of a formula, in East Asia also the wide forms.
const FORMULA = /^[=+\-@\t\r＝＋－＠]/;

// RFC 4180; a text that a spreadsheet would run begins with an apostrophe, as in the server's exports.
export function csvOf(head: readonly string[], rows: readonly (readonly Cell[])[]): Blob {
  const cell = (value: Cell) => {
    const isFormula = typeof value === "string" && FORMULA.test(value);
    const text = isFormula ? `'${value}` : String(value);
    return isFormula || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return new Blob([[head, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("")], { type: "text/csv;charset=utf-8" });
}

export function save(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
