/**
 * Processes that train one network together on this machine. A {@link dev.kinglet.toolkit.launch.RankLauncher} starts them,
 * watches them, and starts all again from the last checkpoint where one fails; a process that it started finds its place by
 * {@link dev.kinglet.toolkit.launch.LaunchedRank}. Whoever starts processes otherwise gives {@link
 * dev.kinglet.toolkit.Training} a rendezvous and needs nothing of this package.
 *
 * <pre>{@code
 * List<String> command = List.of("java", "-cp", classPath, "com.example.TrainRank"); // asks LaunchedRank.of(System.getenv())
 * RankLauncher launcher = new RankLauncher(
 *         2, Optional.empty(), 1, Duration.ofSeconds(30), rank -> command, System.out, System.err, listener);
 * int status = launcher.run();
 * }</pre>
 */
package dev.kinglet.toolkit.launch;
