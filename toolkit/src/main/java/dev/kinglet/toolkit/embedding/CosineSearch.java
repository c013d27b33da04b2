package dev.kinglet.toolkit.embedding;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * Exact search by cosine similarity among rows of features: every similarity is computed, by a blocked matrix multiplication
 * on all processors. Rows of zeros are similar to none.
 */
public final class CosineSearch {
    /*
     * The rows are kept normalized and transposed in panels: panel p has COLUMNS rows of the table, feature by feature, so
     * that the innermost loop runs over neighboring rows and is compiled to SIMD instructions. A tile of TILE queries by
     * COLUMNS rows is summed up over SLICE features at a time, which keeps the part of the panel that is read in the cache.
     */
    private static final int COLUMNS = 256;
    private static final int TILE = 32;
    private static final int SLICE = 256;
    private static final int MAX_PAIRS = 1_000_000;

    private final int size;
    private final int features;
    private final float[] rows; // [size, features], normalized
    private final float[][] panels; // of each COLUMNS rows: [features, COLUMNS]

    /** A row that was found, and its cosine similarity to the query. */
    public record Neighbor(int row, double similarity) {}

    /** Two rows that are alike, the first before the second. */
    public record Pair(int first, int second, double similarity) {}

    private CosineSearch(EmbeddingTable table) {
        EmbeddingTable normalized = table.normalized();
        size = table.size();
        features = table.features();
        rows = normalized.values();
        panels = new float[(size + COLUMNS - 1) / COLUMNS][];
        IntStream.range(0, panels.length).parallel().forEach(p -> panels[p] = panel(p * COLUMNS));
    }

    /**
     * A search among the rows of a table; takes twice its memory.
     *
     * @throws IllegalArgumentException if a value is not finite
     */
    public static CosineSearch of(EmbeddingTable table) {
        return new CosineSearch(table);
    }

    private float[] panel(int from) {
        float[] panel = new float[features * COLUMNS];
        int count = Math.min(COLUMNS, size - from);
        for (int row = 0; row < count; row++) {
            int at = (from + row) * features;
            for (int f = 0; f < features; f++) {
                panel[f * COLUMNS + row] = rows[at + f];
            }
        }
        return panel;
    }

    /**
     * The rows most similar to a query, best first; of equal ones the first.
     *
     * @param query {@code [features]}, of any length (L2 norm)
     * @throws IllegalArgumentException if it has another number of features
     */
    public List<Neighbor> nearest(float[] query, int topK) {
        return nearest(new EmbeddingTable(List.of("query"), List.of(0), query.length, query), topK)
                .get(0);
    }

    /**
     * The rows most similar to each query.
     *
     * @return by query, best first
     * @throws IllegalArgumentException if the queries have another number of features, or {@code topK} is not positive
     */
    public List<List<Neighbor>> nearest(EmbeddingTable queries, int topK) {
        if (queries.features() != features) {
            throw new IllegalArgumentException("queries of " + queries.features() + " features cannot be searched among"
                    + " rows of " + features + "; they are of different networks");
        }
        if (topK < 1) {
            throw new IllegalArgumentException("topK is at least 1, not " + topK);
        }
        EmbeddingTable normalized = queries.normalized();
        int tiles = (queries.size() + TILE - 1) / TILE;
        Comparator<Neighbor> worstFirst = Comparator.comparingDouble(Neighbor::similarity)
                .thenComparing(Comparator.comparingInt(Neighbor::row).reversed());
        List<PriorityQueue<Neighbor>> best = IntStream.range(0, queries.size())
                .mapToObj(query -> new PriorityQueue<>(worstFirst))
                .toList();
        IntStream.range(0, tiles * panels.length).parallel().forEach(block -> {
            int from = block / panels.length * TILE;
            int panel = block % panels.length;
            int count = Math.min(TILE, normalized.size() - from);
            float[] tile = multiply(normalized.values(), from, count, panel);
            for (int query = 0; query < count; query++) {
                PriorityQueue<Neighbor> queue = best.get(from + query);
                synchronized (queue) {
                    for (int column = 0; column < columns(panel); column++) {
                        offer(queue, panel * COLUMNS + column, tile[query * COLUMNS + column], topK);
                    }
                }
            }
        });
        return best.stream()
                .map(queue -> queue.stream().sorted(worstFirst.reversed()).toList())
                .toList();
    }

    private static void offer(PriorityQueue<Neighbor> queue, int row, float similarity, int topK) {
        Neighbor worst = queue.size() < topK ? null : queue.peek();
        if (worst != null
                && (similarity < worst.similarity() || (similarity == worst.similarity() && row > worst.row()))) {
            return;
        }
        queue.add(new Neighbor(row, similarity));
        if (queue.size() > topK) {
            queue.remove();
        }
    }

    /**
     * All pairs of rows that are at least so similar, the most similar first.
     *
     * @param perRows called by several threads after some rows each; an exception from it ends the search
     * @throws IllegalArgumentException if there are more than a million, which says that the threshold is too low
     */
    public List<Pair> pairs(double threshold, Runnable perRows) {
        List<Pair> pairs = new ArrayList<>(); // guarded by itself
        AtomicInteger found = new AtomicInteger();
        int tiles = (size + TILE - 1) / TILE;
        IntStream.range(0, tiles).parallel().forEach(number -> {
            int from = number * TILE;
            int count = Math.min(TILE, size - from);
            List<Pair> own = new ArrayList<>();
            for (int panel = from / COLUMNS; panel < panels.length && found.get() <= MAX_PAIRS; panel++) {
                float[] tile = multiply(rows, from, count, panel);
                for (int i = 0; i < count; i++) {
                    int first = from + i;
                    int columns = columns(panel);
                    for (int column = Math.max(0, first + 1 - panel * COLUMNS); column < columns; column++) {
                        float similarity = tile[i * COLUMNS + column];
                        if (similarity >= threshold) {
                            own.add(new Pair(first, panel * COLUMNS + column, Math.min(1, similarity)));
                        }
                    }
                }
            }
            if (found.addAndGet(own.size()) <= MAX_PAIRS) {
                synchronized (pairs) {
                    pairs.addAll(own);
                }
            }
            perRows.run();
        });
        if (found.get() > MAX_PAIRS) {
            throw new IllegalArgumentException("more than " + MAX_PAIRS
                    + " pairs of images have a similarity of at least " + threshold + "; choose a higher threshold");
        }
        pairs.sort(Comparator.comparingDouble(Pair::similarity)
                .reversed()
                .thenComparingInt(Pair::first)
                .thenComparingInt(Pair::second));
        return pairs;
    }

    private int columns(int panel) {
        return Math.min(COLUMNS, size - panel * COLUMNS);
    }

    /** Products of {@code count} rows from {@code from} on with those of a panel: {@code [TILE, COLUMNS]}. */
    private float[] multiply(float[] queries, int from, int count, int panel) {
        float[] tile = new float[TILE * COLUMNS];
        float[] columns = panels[panel];
        for (int slice = 0; slice < features; slice += SLICE) {
            int end = Math.min(features, slice + SLICE);
            for (int i = 0; i < count; i++) {
                int row = (from + i) * features;
                int f = slice;
                for (; f + 4 <= end; f += 4) {
                    addFour(
                            tile,
                            i * COLUMNS,
                            columns,
                            f * COLUMNS,
                            queries[row + f],
                            queries[row + f + 1],
                            queries[row + f + 2],
                            queries[row + f + 3]);
                }
                for (; f < end; f++) {
                    addFour(tile, i * COLUMNS, columns, f * COLUMNS, queries[row + f], 0, 0, 0);
                }
            }
        }
        return tile;
    }

    /** Adds four rows of a panel, each times its factor, to one row of a tile. */
    private static void addFour(
            float[] tile, int to, float[] columns, int at, float first, float second, float third, float fourth) {
        int next = second == 0 && third == 0 && fourth == 0 ? 0 : COLUMNS; // the last row of a panel has none after it
        for (int j = 0; j < COLUMNS; j++) {
            tile[to + j] += first * columns[at + j]
                    + second * columns[at + next + j]
                    + third * columns[at + 2 * next + j]
                    + fourth * columns[at + 3 * next + j];
        }
    }

    @Override
    public String toString() {
        return size + " rows of " + features + " features";
    }
}
