package dev.kinglet.serve;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** The images of one request, on their way to logits. It is a user of its version until it has ended. */
final class Work {
    private final LoadedVersion version;
    private final List<ImageInput> images;
    private final long deadline;
    private final long queued = System.nanoTime();
    private final float[] logits;
    private final AtomicInteger left;
    private final CompletableFuture<float[]> answer = new CompletableFuture<>();
    private final AtomicLong queueNanos = new AtomicLong();
    private final AtomicLong decodeNanos = new AtomicLong();
    private final AtomicLong computeNanos = new AtomicLong();

    /**
     * @param version acquired for it
     * @param deadline of {@link System#nanoTime}
     */
    Work(LoadedVersion version, List<ImageInput> images, long deadline) {
        this.version = version;
        this.images = List.copyOf(images);
        this.deadline = deadline;
        logits = new float[Math.multiplyExact(images.size(), version.classes())];
        left = new AtomicInteger(images.size());
        answer.whenComplete((logits, failure) -> version.release());
    }

    /** One image of a request. */
    record Task(Work work, int index) {
        ImageInput image() {
            return work.images.get(index);
        }
    }

    LoadedVersion version() {
        return version;
    }

    int size() {
        return images.size();
    }

    long bytes() {
        return images.stream().mapToLong(ImageInput::size).sum();
    }

    /** The logits {@code [images, classes]}, or a {@link Refusal}. Cancelling it ends the work. */
    CompletableFuture<float[]> answer() {
        return answer;
    }

    /** Whether nobody waits for an answer any more: it is given, has failed, or is cancelled. */
    boolean isOver() {
        return answer.isDone();
    }

    boolean isLate() {
        return System.nanoTime() - deadline >= 0;
    }

    void fail(Refusal refusal) {
        answer.completeExceptionally(refusal);
    }

    /** Notes that an image has left the queue. */
    void taken() {
        queueNanos.accumulateAndGet(System.nanoTime() - queued, Math::max);
    }

    void decoded(long nanos) {
        decodeNanos.addAndGet(nanos);
    }

    /**
     * Takes the logits of one image.
     *
     * @param of the classes of some images, one after the other
     * @param position of this one's among them
     * @param nanos its part of the time of running them
     */
    void answer(int index, float[] of, int position, long nanos) {
        int classes = version.classes();
        System.arraycopy(of, position * classes, logits, index * classes, classes);
        computeNanos.addAndGet(nanos);
        if (left.decrementAndGet() == 0) {
            answer.complete(logits);
        }
    }

    long queueNanos() {
        return queueNanos.get();
    }

    long decodeNanos() {
        return decodeNanos.get();
    }

    long computeNanos() {
        return computeNanos.get();
    }
}
