// Nobody waits for a month or a quarter: what was made is made older in the database.
import { execFileSync } from "node:child_process";

const CODE = `
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=20)
for text in sys.argv[3:]:
    db.execute(text, (sys.argv[2],))
db.commit()
print(db.total_changes)`;

/** Runs statements on the Team of this page, whose id is their only parameter; answers with how many rows they changed. */
export function age(team: string, ...statements: string[]) {
  const id = team.split("_")[1];
  return Number(execFileSync("python3", ["-c", CODE, `${process.env.PORTAL_DATA}/portal.db`, id, ...statements], { encoding: "utf8" }));
}
