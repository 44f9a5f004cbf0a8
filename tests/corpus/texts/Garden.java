package org.example.garden;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Beds, and what grows in them.
 *
 * @see Bed
 */
public final class Garden {
    private static final int MOST_BEDS = 40;

    private final List<Bed> beds = new ArrayList<>();
    private boolean watered;

    public Garden plant(String plant, int row) {
        Objects.requireNonNull(plant, "plant");
        if (beds.size() >= MOST_BEDS) {
            throw new IllegalStateException("no room for \"" + plant + "\"");
        }
        for (Bed bed : beds) {
            if (bed.row() == row && bed.plant().equals(plant)) {
                return this;
            }
        }
        beds.add(new Bed(plant, row));
        watered = false;
        return this;
    }

    public int water() {
        int count = 0;
        for (Bed bed : beds) {
            if (bed.isDry()) {
                bed.water();
                count++;
            }
        }
        watered = true;
        return count;
    }

    public List<String> harvest(int row) {
        List<String> found = new ArrayList<>();
        for (Bed bed : beds) {
            if (bed.row() == row) {
                found.add(bed.plant());
            }
        }
        return found;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (Bed bed : beds) {
            text.append(bed.row()).append('\t').append(bed.plant()).append('\n');
        }
        return text.toString();
    }

    public boolean isWatered() {
        return watered && !beds.isEmpty();
    }
}
