#!/usr/bin/env python3
"""Prints docs/erd.md: the tables as a real SQLite has them after all migrations, as a Mermaid diagram, and the indexes
and checks that judge last. Run by ./x docs; a test holds the page up to date."""
import pathlib
import re
import sqlite3

MIGRATIONS = pathlib.Path(__file__).resolve().parents[1] / 'sql/migrations'


def migrated():
    db = sqlite3.connect(':memory:')
    db.create_function('answer_digest', 2, lambda user, key: None)  # the program adds it for migration 0008
    for step in sorted(MIGRATIONS.glob('*/up.sql')):
        db.executescript(step.read_text())
    return db


def tables(db):
    return [name for name, in db.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")]


def unique_sets(db, table):
    """The sets of columns that no two rows share."""
    keys = [sorted(name for _, name, _, _, _, key, *_ in db.execute(f'PRAGMA table_xinfo({table})') if key)]
    for _, index, unique, _, partial in db.execute(f'PRAGMA index_list({table})'):
        if unique and not partial:
            keys.append(sorted(name for _, _, name in db.execute(f'PRAGMA index_info({index})')))
    return keys


def diagram(db):
    lines = ['erDiagram']
    for table in tables(db):
        parents = {row[3] for row in db.execute(f'PRAGMA foreign_key_list({table})')}
        lines.append(f'  {table} {{')
        for _, name, kind, required, _, key, *_ in db.execute(f'PRAGMA table_xinfo({table})'):
            marks = ', '.join(mark for mark, here in (('PK', key), ('FK', name in parents)) if here)
            note = '' if required or key else ' "may be absent"'
            lines.append(f'    {(kind or "any").lower()} {name}{" " + marks if marks else ""}{note}')
        lines.append('  }')
    for table in tables(db):
        required = {name for _, name, _, needed, _, key, *_ in db.execute(f'PRAGMA table_xinfo({table})') if needed or key}
        links = {}
        for number, _, parent, column, *_ in db.execute(f'PRAGMA foreign_key_list({table})'):
            links.setdefault((number, parent), []).append(column)
        for (_, parent), columns in sorted(links.items(), key=lambda link: link[1]):
            parent_side = '||' if set(columns) <= required else '|o'
            child_side = 'o|' if sorted(columns) in unique_sets(db, table) else 'o{'
            lines.append(f'  {parent} {parent_side}--{child_side} {table} : "{", ".join(columns)}"')
    return lines


def guards(db):
    """Checks and unique indexes, in the words of the schema."""
    lines = []
    for table in tables(db):
        sql, = db.execute('SELECT sql FROM sqlite_schema WHERE name = ?', (table,)).fetchone()
        for check in re.findall(r'\bCHECK\s*(\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))', re.sub(r'--.*', '', sql), re.IGNORECASE):
            lines.append(f'| `{table}` | check | `{" ".join(check[1:-1].split())}` |')
    for name, table, sql in db.execute(
            "SELECT name, tbl_name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY tbl_name, name"):
        kind = 'unique index' if re.match(r'CREATE\s+UNIQUE', sql, re.IGNORECASE) else 'index'
        on = ' '.join(re.sub(r'^.*?\bON\s+\S+?\s*(?=\()', '', re.sub(r'--.*', '', sql), flags=re.IGNORECASE | re.DOTALL).split())
        lines.append(f'| `{table}` | {kind} `{name}` | `{on}` |')
    return [line.replace('||', r'\|\|') for line in lines]


def document():
    db = migrated()
    return '\n'.join([
        '# Tables', '',
        'Made from `sql/migrations` by `./x docs`; a test holds it up to date. What the rows mean: [glossary](glossary.md);',
        'what must be true of them: [invariants](invariants.md).', '',
        '```mermaid', *diagram(db), '```', '',
        '## Checks and indexes', '',
        '| table | kind | what |', '|---|---|---|', *guards(db), ''])


if __name__ == '__main__':
    print(document(), end='')
