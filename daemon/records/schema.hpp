#pragma once

#include "daemon/records/database.hpp"

namespace records {

/// Brings the schema up to date, each step in one transaction. Throws Refused if the schema is
/// newer than this program, or if the file is a database of something else. Gives the version that
/// it was if that knew no anchor yet, else 0 (also for a new file, whose first commit makes one).
int migrate(Database& database);

}  // namespace records
