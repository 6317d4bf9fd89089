// Every column of every table of both databases, with the check of the audit that guards it or the reason why
// it is free; and what guards the rows of a table from being taken out. A new column is a new row in
// audited_columns.cpp.
#pragma once

#include <string>
#include <vector>

namespace stagedoor::contract {

struct AuditedColumn {
  std::string column;          // "reservations.user_id"
  std::string check;           // finds a wrong value; "": the column is free
  std::string value;           // a wrong value, as SQL; of a free column: why it is free
  std::string where = "TRUE";  // the rows in which it is wrong
  std::string names = "";      // what a finding has; "": the last column of the row's key
};
const std::vector<AuditedColumn>& audited_columns();

struct AuditedTable {
  std::string table;
  std::string check;  // finds that a row is gone; "": the rows are free
  std::string where;  // the rows that are missed; of free rows: why they are free
  std::string names = "";
};
const std::vector<AuditedTable>& audited_tables();

}  // namespace stagedoor::contract
