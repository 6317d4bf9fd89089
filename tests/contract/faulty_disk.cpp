#include "faulty_disk.h"

#include <sqlite3.h>

#include <atomic>

namespace stagedoor::contract {
namespace {

std::atomic<FaultyDisk::Fault> current_fault{FaultyDisk::Fault::none};
std::atomic<FaultyDisk::Fault> fault_of_one_write{FaultyDisk::Fault::none};
std::atomic<int> writes_before_fault{0};

struct File {
  sqlite3_file base;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

sqlite3_vfs* real_disk() {
  static sqlite3_vfs* const disk = sqlite3_vfs_find("unix");
  return disk;
}

template <auto Method, class... Args>
auto pass(sqlite3_file* file, Args... args) {
  sqlite3_file* real = reinterpret_cast<File*>(file)->real();
  return (real->pMethods->*Method)(real, args...);
}

int write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
  FaultyDisk::Fault fault = current_fault;
  if (--writes_before_fault == 0) fault = fault_of_one_write;
  switch (fault) {
    case FaultyDisk::Fault::full:
      return SQLITE_FULL;
    case FaultyDisk::Fault::write_error:
      return SQLITE_IOERR_WRITE;
    default:
      return pass<&sqlite3_io_methods::xWrite>(file, bytes, count, offset);
  }
}

int sync(sqlite3_file* file, int flags) {
  if (current_fault == FaultyDisk::Fault::sync_error) return SQLITE_IOERR_FSYNC;
  return pass<&sqlite3_io_methods::xSync>(file, flags);
}

using Methods = sqlite3_io_methods;
const Methods kMethods = {
    .iVersion = 2,
    .xClose = [](sqlite3_file* f) { return pass<&Methods::xClose>(f); },
    .xRead = [](sqlite3_file* f, void* to, int n,
                sqlite3_int64 at) { return pass<&Methods::xRead>(f, to, n, at); },
    .xWrite = write,
    .xTruncate = [](sqlite3_file* f, sqlite3_int64 size) { return pass<&Methods::xTruncate>(f, size); },
    .xSync = sync,
    .xFileSize = [](sqlite3_file* f, sqlite3_int64* size) { return pass<&Methods::xFileSize>(f, size); },
    .xLock = [](sqlite3_file* f, int level) { return pass<&Methods::xLock>(f, level); },
    .xUnlock = [](sqlite3_file* f, int level) { return pass<&Methods::xUnlock>(f, level); },
    .xCheckReservedLock = [](sqlite3_file* f,
                             int* out) { return pass<&Methods::xCheckReservedLock>(f, out); },
    .xFileControl = [](sqlite3_file* f, int op,
                       void* arg) { return pass<&Methods::xFileControl>(f, op, arg); },
    .xSectorSize = [](sqlite3_file* f) { return pass<&Methods::xSectorSize>(f); },
    .xDeviceCharacteristics = [](sqlite3_file* f) { return pass<&Methods::xDeviceCharacteristics>(f); },
    .xShmMap = [](sqlite3_file* f, int page, int size, int extend,
                  void volatile** out) { return pass<&Methods::xShmMap>(f, page, size, extend, out); },
    .xShmLock = [](sqlite3_file* f, int offset, int n,
                   int flags) { return pass<&Methods::xShmLock>(f, offset, n, flags); },
    .xShmBarrier = [](sqlite3_file* f) { pass<&Methods::xShmBarrier>(f); },
    .xShmUnmap = [](sqlite3_file* f, int remove) { return pass<&Methods::xShmUnmap>(f, remove); },
};

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  auto* ours = reinterpret_cast<File*>(file);
  const int code = real_disk()->xOpen(real_disk(), name, ours->real(), flags, out_flags);
  ours->base.pMethods = ours->real()->pMethods ? &kMethods : nullptr;
  return code;
}

}  // namespace

void FaultyDisk::install() {
  static sqlite3_vfs disk = [] {
    sqlite3_vfs ours = *real_disk();
    ours.pNext = nullptr;
    ours.zName = "faulty";
    ours.szOsFile = int(sizeof(File)) + real_disk()->szOsFile;
    ours.xOpen = open;
    return ours;
  }();
  sqlite3_vfs_register(&disk, 1);
}

void FaultyDisk::set(Fault fault) { current_fault = fault; }

void FaultyDisk::fail_write(Fault fault, int n) {
  fault_of_one_write = fault;
  writes_before_fault = n;
}

bool FaultyDisk::has_failed() { return writes_before_fault <= 0; }

}  // namespace stagedoor::contract
