package dev.kinglet.train.distributed;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where and how the processes of a group meet: what {@code torchrun} gives its processes in environment variables.
 *
 * @param rank of this process, from 0
 * @param worldSize processes of the group, on all machines
 * @param localWorldSize processes of the group on this machine, which share its processors
 * @param masterAddress name or address of rank 0's machine
 * @param masterPort port on which rank 0 listens
 * @param networkInterface the one that the processes send gradients over, such as {@code eth0}; empty: that of the route to
 *     the master
 * @param timeout after which a process that does not answer, or does not go on, has failed
 * @param joinTimeout for which the processes wait for each other in the beginning
 */
public record Rendezvous(
        int rank,
        int worldSize,
        int localWorldSize,
        String masterAddress,
        int masterPort,
        Optional<String> networkInterface,
        Duration timeout,
        Duration joinTimeout) {
    public static final String RANK = "RANK";
    public static final String LOCAL_RANK = "LOCAL_RANK";
    public static final String WORLD_SIZE = "WORLD_SIZE";
    public static final String LOCAL_WORLD_SIZE = "LOCAL_WORLD_SIZE";
    public static final String MASTER_ADDR = "MASTER_ADDR";
    public static final String MASTER_PORT = "MASTER_PORT";

    /**
     * Environment variable of a rank that a launcher has started: a file in which rank 0 keeps the path of its run's folder, and
     * from whose run it resumes if there is one. Such a rank ends when its standard input does, as the launcher's end closes it.
     */
    public static final String RUN_FILE = "KINGLET_RUN_FILE";

    /** Seconds after which a process that does not answer has failed, unless told otherwise. */
    public static final int DEFAULT_TIMEOUT_SECONDS = 30;

    private static final List<String> NEEDED = List.of(RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT);
    private static final Duration DEFAULT_JOIN_TIMEOUT = Duration.ofMinutes(10); // machines are given out one by one
    private static final Duration MIN_TIMEOUT = Duration.ofSeconds(5);
    private static final int MAX_PORT = 65535;

    public Rendezvous {
        if (worldSize < 1) {
            throw new IllegalArgumentException(WORLD_SIZE + " is 1 or more, not " + worldSize);
        }
        if (rank < 0 || rank >= worldSize) {
            throw new IllegalArgumentException(RANK + " is from 0 to " + (worldSize - 1) + " where " + WORLD_SIZE
                    + " is " + worldSize + ", not " + rank);
        }
        if (localWorldSize < 1 || localWorldSize > worldSize) {
            throw new IllegalArgumentException(
                    LOCAL_WORLD_SIZE + " is from 1 to " + WORLD_SIZE + ", " + worldSize + ", not " + localWorldSize);
        }
        if (masterAddress.isBlank()) {
            throw new IllegalArgumentException(
                    MASTER_ADDR + " is empty; expected the name or address of rank 0's machine");
        }
        if (masterPort < 1 || masterPort > MAX_PORT) {
            throw new IllegalArgumentException(MASTER_PORT + " is from 1 to " + MAX_PORT + ", not " + masterPort);
        }
        if (timeout.compareTo(MIN_TIMEOUT) < 0) {
            throw new IllegalArgumentException("the timeout is at least " + MIN_TIMEOUT.toSeconds() + " seconds, not "
                    + timeout.toMillis() / 1000.0);
        }
    }

    /** One process of several, with the default time limits, over the route to the master. */
    public static Rendezvous of(int rank, int worldSize, String masterAddress, int masterPort) {
        return new Rendezvous(
                rank,
                worldSize,
                1,
                masterAddress,
                masterPort,
                Optional.empty(),
                Duration.ofSeconds(DEFAULT_TIMEOUT_SECONDS),
                DEFAULT_JOIN_TIMEOUT);
    }

    /**
     * What the variables RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT and, if it is there, LOCAL_WORLD_SIZE say.
     *
     * @return empty if there is no RANK
     * @throws IllegalArgumentException if others are missing, or a value is none it can have; the message names the variable
     */
    public static Optional<Rendezvous> of(Map<String, String> environment) {
        if (!environment.containsKey(RANK)) {
            return Optional.empty();
        }
        List<String> missing = new ArrayList<>(NEEDED);
        missing.removeIf(environment::containsKey);
        if (!missing.isEmpty()) {
            throw new IllegalArgumentException(
                    "the environment has " + RANK + ", so this is one process of several, but not "
                            + String.join(", ", missing) + "; set what torchrun sets ("
                            + String.join(", ", NEEDED) + "), or unset " + RANK);
        }
        Rendezvous rendezvous = of(
                number(environment, RANK),
                number(environment, WORLD_SIZE),
                String.valueOf(environment.get(MASTER_ADDR)),
                number(environment, MASTER_PORT));
        return Optional.of(
                environment.containsKey(LOCAL_WORLD_SIZE)
                        ? rendezvous.withLocalWorldSize(number(environment, LOCAL_WORLD_SIZE))
                        : rendezvous);
    }

    private static int number(Map<String, String> environment, String name) {
        String text = String.valueOf(environment.get(name)).strip();
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(name + " is a whole number, not '" + text + "'", e);
        }
    }

    /** The same with so many processes on this machine. */
    public Rendezvous withLocalWorldSize(int processes) {
        return new Rendezvous(
                rank, worldSize, processes, masterAddress, masterPort, networkInterface, timeout, joinTimeout);
    }

    /** The same over another network interface. */
    public Rendezvous withNetworkInterface(String name) {
        return new Rendezvous(
                rank, worldSize, localWorldSize, masterAddress, masterPort, Optional.of(name), timeout, joinTimeout);
    }

    /** The same with another time limit. */
    public Rendezvous withTimeout(Duration limit) {
        return new Rendezvous(
                rank, worldSize, localWorldSize, masterAddress, masterPort, networkInterface, limit, joinTimeout);
    }

    /** The same with another time to wait for each other in the beginning. */
    public Rendezvous withJoinTimeout(Duration limit) {
        return new Rendezvous(
                rank, worldSize, localWorldSize, masterAddress, masterPort, networkInterface, timeout, limit);
    }
}
