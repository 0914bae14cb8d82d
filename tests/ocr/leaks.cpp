/// What the leak checker is to pass over: fontconfig keeps what it read of its configuration until
/// the process ends.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libfontconfig\n";
}
