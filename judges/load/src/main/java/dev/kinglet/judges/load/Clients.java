package dev.kinglet.judges.load;

import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** Clients that ask at once, each over a connection of its own. */
final class Clients {
    private static final long STACK = 256 << 10;

    private final URI server;

    Clients(URI server) {
        this.server = server;
    }

    /** What a client asks next. */
    interface Question {
        Connection.Reply ask(Connection connection, long number) throws IOException;
    }

    /**
     * An answer.
     *
     * @param seconds when it came, from the start
     * @param millis that it took
     */
    record Answer(int status, double seconds, double millis) {}

    /** Each asks again as soon as it has an answer. */
    List<Answer> closedLoop(int clients, double seconds, Question question) throws InterruptedException {
        return run(clients, seconds, Double.POSITIVE_INFINITY, question);
    }

    /**
     * Questions come at their times, whether earlier ones are answered or not, as long as a client is free.
     *
     * @param perSecond of all clients together
     */
    List<Answer> openLoop(int clients, double seconds, double perSecond, Question question)
            throws InterruptedException {
        return run(clients, seconds, perSecond, question);
    }

    private List<Answer> run(int clients, double seconds, double perSecond, Question question)
            throws InterruptedException {
        ConcurrentLinkedQueue<Answer> answers = new ConcurrentLinkedQueue<>();
        ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
        AtomicLong tickets = new AtomicLong();
        long start = System.nanoTime();
        long end = start + (long) (1e9 * seconds);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            Runnable work = () -> {
                try (Connection connection = new Connection(server)) {
                    while (true) {
                        long ticket = tickets.getAndIncrement();
                        long due = start + (long) (1e9 * ticket / perSecond); // 0 / infinity is the start
                        if (Math.max(due, System.nanoTime()) >= end) {
                            return;
                        }
                        while (System.nanoTime() < due) {
                            LockSupport.parkNanos(due - System.nanoTime());
                        }
                        long asked = System.nanoTime();
                        Connection.Reply reply = question.ask(connection, ticket);
                        long now = System.nanoTime();
                        answers.add(new Answer(reply.status(), (now - start) / 1e9, (now - asked) / 1e6));
                    }
                } catch (IOException e) {
                    failures.add(e.toString());
                }
            };
            Thread thread = new Thread(null, work, "client-" + i, STACK);
            thread.setDaemon(true);
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        if (!failures.isEmpty()) {
            throw new IllegalStateException(failures.size() + " clients failed: " + failures.peek());
        }
        return List.copyOf(answers);
    }

    /** How many with this status came within the time, for each second of it. */
    static double perSecond(List<Answer> answers, int status, double seconds) {
        return answers.stream()
                        .filter(answer -> answer.status() == status && answer.seconds() <= seconds)
                        .count()
                / seconds;
    }

    /** Milliseconds of those with this status. */
    static Samples millis(List<Answer> answers, int status) {
        return new Samples(answers.stream()
                .filter(answer -> answer.status() == status)
                .mapToDouble(Answer::millis)
                .toArray());
    }
}
