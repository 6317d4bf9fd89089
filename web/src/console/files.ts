// Files that the browser keeps, and the text of a table as CSV.
type Cell = string | number;

// RFC 4180; a cell that a spreadsheet would run is put in quotes with an apostrophe.
export function csvOf(head: readonly string[], rows: readonly (readonly Cell[])[]): Blob {
  const cell = (value: Cell) => {
    const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
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
