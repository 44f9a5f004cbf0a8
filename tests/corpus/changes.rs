//! What is changed in each text, as pairs of what stands there once and what stands there afterwards; an empty first
//! part appends. Programs here, everything else in `changes_more.rs`.

use super::changes_more::MORE;

/// Text, change, and its replacements.
pub type Row = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const PROGRAMS: &[Row] = &[
    ("rust", "replace", &[("        let mut sum = 0;\n", "        let mut sum = 0_u64;\n")]),
    (
        "rust",
        "insert",
        &[(
            "                item.count += count;\n",
            "                item.count += count;\n                if item.count > 999 {\n                    return Err(Refusal::TooMany { most: 999 });\n                }\n",
        )],
    ),
    ("rust", "delete", &[("            Refusal::Empty => write!(out, \"nothing to pay\"),\n", "")]),
    ("rust", "import", &[("use std::fmt;\n", "use std::fmt;\nuse std::io::{self, Write};\n")]),
    (
        "rust",
        "three-places",
        &[
            ("const LARGEST_BILL: usize = 250;", "const LARGEST_BILL: usize = 400;"),
            ("    items: Vec<Item>,\n}", "    items: Vec<Item>,\n    open: bool,\n}"),
            ("Till { prices, items: Vec::new() }", "Till { prices, items: Vec::new(), open: true }"),
        ],
    ),
    ("rust", "string", &[("\"RECEIPT\\n-------\\n\"", "\"RECEIPT\\n=======\\n\\n\"")]),
    (
        "rust",
        "append",
        &[("", "\n#[test]\nfn an_empty_till_has_no_total() {\n    assert!(Till::new(&[]).total().is_err());\n}\n")],
    ),
    (
        "rust",
        "wrap",
        &[(
            "        for item in &self.items {\n            sum += item.cents * u64::from(item.count);\n        }\n",
            "        for item in &self.items {\n            if item.count > 0 {\n                sum += item.cents * u64::from(item.count);\n            }\n        }\n",
        )],
    ),
    ("python", "replace", &[("        self.limit = limit\n", "        self.limit = max(limit, 1)\n")]),
    (
        "python",
        "deep",
        &[(
            "                    if int(minute) < 60:\n                        crossing = Crossing(int(hour), int(minute), pier)\n\n                        self.crossings.append(crossing)\n",
            "                    if int(minute) < 60:\n                        crossing = Crossing(int(hour), int(minute), pier)\n                        crossing.cars.clear()\n\n                        self.crossings.append(crossing)\n",
        )],
    ),
    ("python", "escape", &[("no such hour\\n\")", "no such hour: {hour}\\n\")")]),
    ("python", "regex", &[("(\\d+):(\\d\\d)\\s+(\\w+)$", "(\\d+):(\\d\\d)\\s+(\\w[\\w-]*)$")]),
    ("python", "delete", &[("            gone.extend(crossing.cars)\n", "")]),
    ("python", "import", &[("import json\nimport re\n", "import json\nimport re\nimport sys\n")]),
    (
        "python",
        "two-places",
        &[
            ("def main(path):\n", "def main(path, limit=24):\n"),
            ("        plan = Plan().read(source)\n", "        plan = Plan(limit).read(source)\n"),
        ],
    ),
    ("python", "last-line", &[("    main(\"ferry.txt\")\n", "    main(sys.argv[1])\n")]),
    ("python", "ellipsis", &[("\n\nclass Plan:\n", "\n    def weigh(self):\n        ...\n\n\nclass Plan:\n")]),
    ("go", "replace", &[("\tif m.Hops > 8 {\n", "\tif m.Hops > maxHops {\n")]),
    ("go", "insert", &[("\tm.Hops++\n", "\tm.Hops++\n\tif m.Body == nil {\n\t\tm.Body = []byte{}\n\t}\n")]),
    ("go", "delete", &[("\tr.seen[m.From]++\n", "")]),
    ("go", "import", &[("\t\"fmt\"\n", "\t\"fmt\"\n\t\"io\"\n")]),
    (
        "go",
        "deep",
        &[(
            "\t\t\t\tif i%2 == 0 {\n\t\t\t\t\tn++\n\t\t\t\t}\n",
            "\t\t\t\tif i%2 == 0 {\n\t\t\t\t\tn++\n\t\t\t\t} else if i%3 == 0 {\n\t\t\t\t\tn += 2\n\t\t\t\t}\n",
        )],
    ),
    ("go", "rename-word", &[("went round %d times\", m.From, m.Hops)", "went around %d times\", m.From, m.Hops)")]),
    (
        "go",
        "append",
        &[("", "\n// Size says how many messages fit.\nfunc (r *Relay) Size() int {\n\treturn r.size\n}\n")],
    ),
    ("typescript", "replace", &[("amount < 1 || amount > 99", "amount < 1 || amount > 999")]),
    ("typescript", "regex", &[("/^[a-z][a-z0-9\\-]*\\.?$/", "/^[a-z][a-z0-9_\\-]*\\.?$/")]),
    ("typescript", "spread", &[("{ ...defaults, ...options };", "{ ...defaults, log: false, ...options };")]),
    (
        "typescript",
        "insert",
        &[(
            "    const before = this.entries.length;\n",
            "    if (name === \"\") {\n      return false;\n    }\n    const before = this.entries.length;\n",
        )],
    ),
    (
        "typescript",
        "close-places",
        &[
            ("    let sum = 0;\n", "    let sum = 0.0;\n"),
            ("this.shop.price(entry.name);", "this.shop.price(entry.name, entry.note);"),
        ],
    ),
    ("typescript", "delete", &[("      sum = Math.round(sum * 100) / 100;\n", "")]),
    ("c", "replace", &[("#define RING_SIZE 4096", "#define RING_SIZE 8192")]),
    ("c", "include", &[("#include <stdio.h>\n", "#include <assert.h>\n#include <stdio.h>\n")]),
    (
        "c",
        "insert",
        &[(
            "    ring->tail += count;\n",
            "    ring->tail += count;\n    if (ring->tail == ring->head)\n        ring->tail = ring->head = 0;\n",
        )],
    ),
    ("c", "escape", &[("line[0] != '\\n')", "line[0] != '\\n' && line[0] != '\\r')")]),
    ("c", "delete", &[("    memset(ring, 0, sizeof(*ring));\n", "")]),
    (
        "c",
        "two-places",
        &[
            (
                "const void *data, size_t length)\n{\n",
                "const void *data, size_t length)\n{\n    assert(data != NULL);\n",
            ),
            ("    free(ring);\n    return 0;\n", "    ring->closed = 1;\n    free(ring);\n    return 0;\n"),
        ],
    ),
    ("java", "replace", &[("MOST_BEDS = 40;", "MOST_BEDS = 60;")]),
    ("java", "import", &[("import java.util.Objects;\n", "import java.util.Objects;\nimport java.util.Optional;\n")]),
    (
        "java",
        "insert",
        &[("                bed.water();\n", "                bed.water();\n                bed.rest();\n")],
    ),
    ("java", "delete", &[("        watered = false;\n", "")]),
    (
        "java",
        "close-places",
        &[
            ("        int count = 0;\n", "        int count = beds.size();\n"),
            ("                count++;\n", "                count--;\n"),
        ],
    ),
    ("java", "last-lines", &[("watered && !beds.isEmpty();\n    }\n}\n", "watered && beds.size() > 0;\n    }\n}\n")]),
];

/// All changes: of programs, then of everything else.
pub const CHANGES: &[Row] = {
    const COUNT: usize = PROGRAMS.len() + MORE.len();
    const ALL: [Row; COUNT] = {
        let mut rows = [PROGRAMS[0]; COUNT];
        let mut at = 0;
        while at < COUNT {
            rows[at] = if at < PROGRAMS.len() { PROGRAMS[at] } else { MORE[at - PROGRAMS.len()] };
            at += 1;
        }
        rows
    };
    &ALL
};
