package dev.kinglet.torch;

import dev.kinglet.train.distributed.RankFailedException;
import dev.kinglet.train.distributed.Rendezvous;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A rank without a learner, in a process of its own: one JVM has one group at a time. Writes its results into a folder. */
final class GroupRank {
    private GroupRank() {}

    /** @param args which work, rank, number of ranks, port, folder */
    public static void main(String[] args) throws Exception {
        int rank = Integer.parseInt(args[1]);
        Path folder = Path.of(args[4]);
        Rendezvous rendezvous = Rendezvous.of(rank, Integer.parseInt(args[2]), "127.0.0.1", Integer.parseInt(args[3]))
                .withTimeout(Duration.ofSeconds(5))
                .withJoinTimeout(Duration.ofSeconds(60));
        List<String> results = new ArrayList<>();
        try (GlooProcessGroup group = GlooProcessGroup.join(rendezvous, () -> false)) {
            work(args[0], group, folder, results);
        } catch (RankFailedException e) {
            results.add(String.valueOf(e.getMessage()));
        }
        threadsThatStay().forEach(name -> results.add("still runs: " + name));
        Files.write(folder.resolve("rank" + rank + ".txt"), results);
    }

    private static void work(String name, GlooProcessGroup group, Path folder, List<String> results)
            throws IOException, InterruptedException {
        switch (name) {
            case "sums" -> {
                double[] values = {group.rank(), 0.1 * group.rank(), Double.NaN};
                group.sum(values);
                byte[] bytes = group.broadcast(new byte[] {(byte) (7 + group.rank()), 1});
                results.add(Arrays.toString(values) + Arrays.toString(bytes) + group.ofFirst(group.rank() == 0));
            }
            case "failure" -> {
                if (group.rank() == 1) {
                    group.fail("No space left on device");
                } else {
                    group.sum(new double[1]);
                }
            }
            case "standstill" -> {
                Path named = folder.resolve("named");
                group.progress();
                group.sum(new double[1]);
                long begin = System.nanoTime();
                if (group.rank() == 1) { // its heartbeats go on
                    while (!Files.exists(named) && System.nanoTime() - begin < 40e9) {
                        Thread.sleep(50);
                    }
                    return;
                }
                try {
                    group.sum(new double[1]);
                } finally {
                    results.add(Double.toString((System.nanoTime() - begin) / 1e9));
                    Files.createFile(named);
                }
            }
            case "long work" -> {
                for (int i = 0; i < 14 && group.rank() == 1; i++) { // seven seconds, more than the time limit
                    Thread.sleep(500);
                    group.progress();
                }
                double[] one = {1};
                group.progress();
                group.sum(one);
                results.add(Double.toString(one[0]));
            }
            default -> throw new IllegalArgumentException(name);
        }
    }

    /** A thread of libtorch that still runs when the process exits may crash it. */
    private static List<String> threadsThatStay() throws IOException, InterruptedException {
        long begin = System.nanoTime();
        List<String> names = nativeThreads();
        while (!names.isEmpty()
                && System.nanoTime() - begin < 1e9) { // Linux lists one a moment longer than join() waits
            Thread.sleep(10);
            names = nativeThreads();
        }
        return names;
    }

    private static List<String> nativeThreads() throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
            for (Path task : tasks) {
                try {
                    names.add(Files.readString(task.resolve("comm")).strip());
                } catch (NoSuchFileException e) {
                    // it has ended just now
                }
            }
        }
        return names.stream()
                .filter(name -> name.startsWith("pt_") || name.startsWith("kinglet-gloo"))
                .toList();
    }
}
