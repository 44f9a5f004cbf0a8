//! What was spent, summed in groups.

use super::{Index, all, count, named, whole};
use crate::base::Result;
use crate::base::model::Usage;
use crate::base::money::Usd;
use crate::store::costs::{By, Cost, Missed};
use crate::store::moment::Timestamp;
use rusqlite::{Row, params};
use std::collections::BTreeMap;

const REQUESTS: &str = "
    SELECT {key}, {within}, count(*), count(error), sum(spent), sum(settled AND spent IS NULL), sum(NOT settled),
        sum(CASE WHEN settled THEN 0 ELSE held END),
        sum(input), sum(cached), sum(cache_written), sum(output), sum(reasoning), sum(NOT settled AND held IS NULL)
    FROM requests WHERE time >= ?1 GROUP BY 1, 2";
const TASKS: &str = "
    SELECT {key}, {within}, count(*), sum(status = 'done' AND NOT undone), sum(undone)
    FROM tasks WHERE ended >= ?1 GROUP BY 1, 2";
const MISSES: &str = "
    SELECT {key}, {within}, miss_cause, count(*), sum(miss_tokens), sum(miss_extra), sum(miss_extra IS NULL)
    FROM requests WHERE time >= ?1 AND miss_cause IS NOT NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 5 DESC, 3";

impl Index {
    /// By key, and by what that is within.
    pub(in crate::store) fn costs(&self, by: By, since: Timestamp) -> Result<Vec<Cost>> {
        let (key, within) = match by {
            By::Day => ("day", "''"),
            By::Project => ("project", "''"),
            By::Branch => ("coalesce(branch, '')", "project"),
            By::Model => ("model", "''"),
            By::Session => ("session", "project"),
            By::Task => ("task", "session"),
        };
        let sql = |text: &str| {
            text.replace("{key}", &format!("CAST({key} AS TEXT)"))
                .replace("{within}", &format!("CAST({within} AS TEXT)"))
        };
        let since = whole(since);
        self.read(|connection| {
            // One view of all three, whatever others write meanwhile.
            let view = connection.unchecked_transaction()?;
            let requests = all(&view, &sql(REQUESTS), params![since], requests)?;
            let tasks = all(&view, &sql(TASKS), params![since], tasks)?;
            let misses = all(&view, &sql(MISSES), params![since], misses)?;
            let mut groups: BTreeMap<(String, String), Cost> = BTreeMap::new();
            let mut group = |key: String, within: String, add: &mut dyn FnMut(&mut Cost)| {
                let names = || Cost { key: key.clone(), within: within.clone(), ..Cost::default() };
                add(groups.entry((within.clone(), key.clone())).or_insert_with(names));
            };
            for cost in requests {
                group(cost.key.clone(), cost.within.clone(), &mut |row| *row = cost.clone());
            }
            for cost in tasks {
                group(cost.key.clone(), cost.within.clone(), &mut |row| {
                    (row.tasks, row.finished, row.undone) = (cost.tasks, cost.finished, cost.undone);
                });
            }
            for (key, within, missed) in misses {
                group(key, within, &mut |row| row.misses.extend(missed));
            }
            Ok(groups.into_values().collect())
        })
    }
}

fn requests(row: &Row<'_>) -> rusqlite::Result<Cost> {
    Ok(Cost {
        key: row.get(0)?,
        within: row.get(1)?,
        requests: count(row, 2)?,
        failed: count(row, 3)?,
        spent: Usd(count(row, 4)?),
        unknown: count(row, 5)?,
        unsettled: count(row, 6)?,
        reserved: Usd(count(row, 7)?),
        tokens: Usage {
            input: count(row, 8)?,
            cached: count(row, 9)?,
            cache_written: count(row, 10)?,
            output: count(row, 11)?,
            reasoning: count(row, 12)?,
        },
        unreserved: count(row, 13)?,
        ..Cost::default()
    })
}

fn tasks(row: &Row<'_>) -> rusqlite::Result<Cost> {
    Ok(Cost {
        key: row.get(0)?,
        within: row.get(1)?,
        tasks: count(row, 2)?,
        finished: count(row, 3)?,
        undone: count(row, 4)?,
        ..Cost::default()
    })
}

fn misses(row: &Row<'_>) -> rusqlite::Result<(String, String, Option<Missed>)> {
    let cause = named(&row.get::<_, String>(2)?);
    let (requests, tokens, unknown) = (count(row, 3)?, count(row, 4)?, count(row, 6)?);
    let extra = Usd(count(row, 5)?);
    Ok((row.get(0)?, row.get(1)?, cause.map(|cause| Missed { cause, requests, tokens, extra, unknown })))
}
