/* Runs a file of SQL statements in a database in memory and prints every row: run-sql <file> */
#include <stdio.h>
#include <stdlib.h>
#include "sqlite3.h"

static int print_row(void *unused, int count, char **values, char **names) {
  (void)unused;
  (void)names;
  for (int i = 0; i < count; i++) printf("%s%s", i > 0 ? "|" : "", values[i] ? values[i] : "NULL");
  printf("\n");
  return 0;
}

static char *read_file(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) return NULL;
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  rewind(file);
  char *text = malloc((size_t)size + 1);
  size_t got = text ? fread(text, 1, (size_t)size, file) : 0;
  fclose(file);
  if (text) text[got] = '\0';
  return text;
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "Usage: run-sql <file>\n");
    return 2;
  }
  char *script = read_file(argv[1]);
  if (!script) {
    fprintf(stderr, "%s cannot be read.\n", argv[1]);
    return 2;
  }
  sqlite3 *database;
  if (sqlite3_open(":memory:", &database) != SQLITE_OK) return 2;
  char *message = NULL;
  int code = sqlite3_exec(database, script, print_row, NULL, &message);
  if (code != SQLITE_OK) fprintf(stderr, "Error %d: %s\n", code, message);
  sqlite3_free(message);
  free(script);
  return sqlite3_close(database) == SQLITE_OK && code == SQLITE_OK ? 0 : 1;
}
