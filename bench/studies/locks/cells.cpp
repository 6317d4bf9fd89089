#include "cells.h"

#include <stdexcept>
#include <vector>

namespace locks {
namespace {

constexpr const char* kTables = R"(
drop table if exists cells, changes, outbox, progress, taken;
create table cells (id bigint primary key, value bigint not null, seq bigint not null, fence bigint not null, until timestamptz)
  with (fillfactor = 50);
create table changes (id bigint generated always as identity primary key, cell bigint not null, seq bigint not null,
                      amount bigint not null, value_after bigint not null, created_at timestamptz not null default now());
create table outbox (id bigint generated always as identity primary key, payload jsonb not null);
create table progress (id int primary key, done bigint not null);
create table taken (key bigint primary key);
insert into progress values (1, -1);
)";

constexpr const char* kWrite = R"(
with changed as (update cells set value = $2::bigint, seq = $3::bigint
                 where id = $1::bigint and ($6::bigint < 0 or seq = $6) and ($7::bigint < 0 or fence = $7) returning id),
     noted as (insert into changes (cell, seq, amount, value_after) select id, $3, $4::bigint, $2 from changed),
     told as (insert into outbox (payload) select json_build_object('cell', id, 'seq', $3, 'value', $2) from changed),
     paid as (update cells set value = value - $5::bigint from changed where cells.id = 1 and $5 > 0)
select count(*) from changed)";

constexpr const char* kWriteAll = R"(
with rows as (select * from unnest($2::bigint[], $3::bigint[], $4::bigint[]) as row (seq, amount, value)),
     changed as (update cells set value = $5::bigint, seq = $6::bigint where id = $1::bigint and cardinality($2::bigint[]) > 0),
     noted as (insert into changes (cell, seq, amount, value_after) select $1, seq, amount, value from rows),
     told as (insert into outbox (payload) select json_build_object('cell', $1, 'seq', seq, 'value', value) from rows),
     paid as (update cells set value = value - $7::bigint where id = 1 and $7 > 0)
update progress set done = $8::bigint where id = 1)";

std::string text(std::int64_t number) { return std::to_string(number); }

template <class Rows, class Field>
std::string array(const Rows& rows, Field field) {
  std::string all = "{";
  for (const auto& row : rows) all += (all.size() > 1 ? "," : "") + text(row.*field);
  return all + "}";
}

std::int64_t number(const PGresult* result, int column) { return std::stoll(PQgetvalue(result, 0, column)); }

}  // namespace

Cells::Cells(const std::string& url) : connection_(PQconnectdb(url.c_str())) {
  if (PQstatus(connection_.get()) != CONNECTION_OK)
    throw std::runtime_error(PQerrorMessage(connection_.get()));
  run("set client_min_messages = warning");
  const auto missing = check(PQexec(connection_.get(), "select to_regclass('progress') is null"));
  if (*PQgetvalue(missing.get(), 0, 0) == 't') run(kTables);
  prepare("plain", "select value, seq, fence from cells where id = $1::bigint");
  prepare("for_update", "select value, seq, fence from cells where id = $1::bigint for update");
  prepare("newest", "update cells set fence = fence + 1 where id = $1::bigint returning value, seq, fence");
  prepare("write", kWrite);
  prepare("write_all", kWriteAll);
  prepare("unique", "insert into taken values ($1::bigint) on conflict do nothing");
  prepare("hold",
          "update cells set value = 1, seq = seq + 1, until = now() + interval '5 minutes' where id = "
          "$1::bigint and value = 0");
  prepare("sweep", "update cells set value = 0, until = null where value = 1 and until < now()");
}

void Cells::create(const std::string& url, const Work& work) {
  Cells cells(url);
  cells.run(kTables);
  cells.run(
      ("insert into cells values (1, " + text(work.money()) + ", 0, 0), (2, 0, 0, 0), (3, 0, 0, 0)").c_str());
  cells.run("checkpoint");
}

Cells::Result Cells::check(PGresult* raw) {
  Result result(raw);
  const auto status = PQresultStatus(raw);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
    throw std::runtime_error(PQerrorMessage(connection_.get()));
  return result;
}

void Cells::prepare(const char* name, const char* statement) {
  check(PQprepare(connection_.get(), name, statement, 0, nullptr));
}

Cells::Result Cells::execute(const char* name, std::initializer_list<std::string> values) {
  std::vector<const char*> raw;
  for (const auto& value : values) raw.push_back(value.c_str());
  return check(
      PQexecPrepared(connection_.get(), name, static_cast<int>(raw.size()), raw.data(), nullptr, nullptr, 0));
}

Cell Cells::read(std::int64_t id, Read how) {
  const char* name = how == Read::plain ? "plain" : how == Read::for_update ? "for_update" : "newest";
  const auto row = execute(name, {text(id)});
  return {number(row.get(), 0), number(row.get(), 1), number(row.get(), 2)};
}

bool Cells::write(const Task& task, const Cell& after, If only) {
  const auto row = execute("write", {text(task.cell), text(after.value), text(after.seq), text(task.amount),
                                     text(task.price), text(only.seq), text(only.fence)});
  return number(row.get(), 0) == 1;
}

void Cells::write_all(std::span<const Task> tasks, std::span<const Cell> after, std::int64_t upto) {
  std::int64_t price = 0;
  for (const Task& task : tasks) price += task.price;
  const Cell last = after.empty() ? Cell{} : after.back();
  execute("write_all", {text(tasks.empty() ? 0 : tasks.front().cell), array(after, &Cell::seq),
                        array(tasks, &Task::amount), array(after, &Cell::value), text(last.value),
                        text(last.seq), text(price), text(upto)});
}

bool Cells::insert_unique(std::int64_t key) {
  return PQcmdTuples(execute("unique", {text(key)}).get())[0] == '1';
}
bool Cells::hold(std::int64_t id) { return PQcmdTuples(execute("hold", {text(id)}).get())[0] == '1'; }
void Cells::sweep() { execute("sweep", {}); }

}  // namespace locks
