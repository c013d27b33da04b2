package dev.kinglet.spark;

/** How many tasks the images of a job are divided into. */
final class TaskCount {
    /** A number or size that is not known. */
    static final long UNKNOWN = -1;

    private static final int WAVES = 2; // of tasks at least, so that the last do not leave most of the cluster idle

    private TaskCount() {}

    /**
     * As many as keep each below both sizes, and as keep a cluster busy.
     *
     * @param bytes of encoded images, or {@link #UNKNOWN}
     * @param images or {@link #UNKNOWN}
     * @param taskBytes of one task
     * @param taskImages of one task
     * @param slots tasks that run at once
     */
    static int of(long bytes, long images, long taskBytes, int taskImages, int slots) {
        long tasks = (long) WAVES * slots;
        tasks = Math.max(tasks, (Math.max(0, bytes) + taskBytes - 1) / taskBytes);
        tasks = Math.max(tasks, (Math.max(0, images) + taskImages - 1) / taskImages);
        if (images != UNKNOWN) {
            tasks = Math.min(tasks, images);
        }
        return (int) Math.max(1, Math.min(tasks, Integer.MAX_VALUE));
    }
}
