"""Plan the crossings of a small ferry."""

import json
import re
from dataclasses import dataclass, field

LINE = re.compile(r"^(\d+):(\d\d)\s+(\w+)$")


@dataclass
class Crossing:
    hour: int
    minute: int
    pier: str
    cars: list = field(default_factory=list)

    def label(self):
        return f"{self.hour:02d}:{self.minute:02d} {self.pier}"


class Plan:
    def __init__(self, limit=24):
        self.limit = limit
        self.crossings = []

    def read(self, lines):
        for number, line in enumerate(lines, 1):
            line = line.strip()

            if not line or line.startswith("#"):
                continue

            found = LINE.match(line)
            if found:
                hour, minute, pier = found.groups()
                if int(hour) < 24:
                    if int(minute) < 60:
                        crossing = Crossing(int(hour), int(minute), pier)

                        self.crossings.append(crossing)
                    else:
                        raise ValueError(f"line {number}: no such minute\n")
                else:
                    raise ValueError(f"line {number}: no such hour\n")
            else:
                raise ValueError(f"line {number}: not a crossing")

        return self

    def load(self, cars):
        left = []
        for car in cars:
            for crossing in self.crossings:
                if crossing.pier != car["pier"]:
                    continue
                if len(crossing.cars) < self.limit:
                    crossing.cars.append(car)
                    break
            else:
                left.append(car)
        return left

    def unload(self, pier):
        gone = []
        for crossing in self.crossings:
            if crossing.pier != pier:
                continue
            gone.extend(crossing.cars)
            crossing.cars = []
        return gone

    def as_json(self):
        rows = []
        for crossing in self.crossings:
            rows.append({"at": crossing.label(), "cars": len(crossing.cars)})
        return json.dumps(rows, indent=2)


def main(path):
    with open(path, encoding="utf-8") as source:
        plan = Plan().read(source)

    for crossing in plan.crossings:
        print(crossing.label(), "is planned")


if __name__ == "__main__":
    main("ferry.txt")
