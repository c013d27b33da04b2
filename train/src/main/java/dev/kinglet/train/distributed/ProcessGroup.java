package dev.kinglet.train.distributed;

import java.io.IOException;

/**
 * The processes that train one network together, as one of them sees them. Each has a rank, from 0; rank 0 writes the run's
 * folder. Every process makes the same calls of the methods that work together, in the same order, on the thread that trains.
 *
 * <p>A call that waits for others ends with {@link RankFailedException} if one of them has ended, does not answer, or does not
 * come to the same call within the time limit.
 */
public interface ProcessGroup extends AutoCloseable {
    /** The group of a process that trains alone. */
    ProcessGroup ALONE = new ProcessGroup() {
        @Override
        public int rank() {
            return 0;
        }

        @Override
        public int size() {
            return 1;
        }

        @Override
        public void sum(double[] values) {}

        @Override
        public byte[] broadcast(byte[] bytes) {
            return bytes;
        }

        @Override
        public void progress() {}

        @Override
        public void fail(String reason) {}

        @Override
        public String description() {
            return "1 process";
        }

        @Override
        public void close() {}
    };

    /** Number of this process, from 0. */
    int rank();

    /** Number of processes. */
    int size();

    /** Whether this is rank 0. */
    default boolean isFirst() {
        return rank() == 0;
    }

    /**
     * Replaces each value by the sum of those of all processes, in the order of the ranks, so that all have the same.
     *
     * @param values as many in every process
     */
    void sum(double[] values) throws IOException;

    /** What rank 0 says, in every process. */
    default boolean ofFirst(boolean value) throws IOException {
        double[] values = {isFirst() && value ? 1 : 0};
        sum(values);
        return values[0] == 1;
    }

    /** The bytes that rank 0 gives, in every process; what others give is not read. */
    byte[] broadcast(byte[] bytes) throws IOException;

    /**
     * Says that this process works: another one that waits for it goes on waiting. Cheap, from any thread; called at least
     * every few seconds.
     */
    void progress();

    /** Tells the others that this process ends for a reason of its own. */
    void fail(String reason);

    /** One line for a log: {@code 2 processes, gloo over 10.0.0.1 (eth0)}. */
    String description();

    /** Leaves the group. If nothing has failed, waits for the others to leave it too. */
    @Override
    void close();
}
