package dev.kinglet.infer;

/** Arithmetic on embeddings: rows of features, as {@link Classifier#embed} gives them. */
public final class Embeddings {
    private Embeddings() {}

    /** What is thrown where there are none. */
    static UnsupportedOperationException missing(String name) {
        return new UnsupportedOperationException(
                name + " gives no embeddings: it was exported without them; export the network"
                        + " again, by kinglet export --embeddings");
    }

    /**
     * The embeddings with a length (L2 norm) of one each, so that the product of two is the cosine of their angle.
     *
     * @param embeddings {@code [n, features]}, row-major; not changed
     * @return {@code [n, features]}; a row of zeros stays one
     * @throws IllegalArgumentException if they are not whole rows, or a value is not finite
     */
    public static float[] normalized(float[] embeddings, int features) {
        if (features < 1 || embeddings.length % features != 0) {
            throw new IllegalArgumentException(
                    embeddings.length + " values are not embeddings of " + features + " features");
        }
        float[] rows = embeddings.clone();
        for (int from = 0; from < rows.length; from += features) {
            double sum = 0;
            for (int i = from; i < from + features; i++) {
                sum += (double) rows[i] * rows[i];
            }
            if (!Double.isFinite(sum)) {
                throw new IllegalArgumentException("embedding " + from / features + " has a value that is not finite");
            }
            double norm = Math.sqrt(sum);
            for (int i = from; norm > 0 && i < from + features; i++) {
                rows[i] = (float) (rows[i] / norm);
            }
        }
        return rows;
    }

    /** One embedding with a length (L2 norm) of one; see {@link #normalized(float[], int)}. */
    public static float[] normalized(float[] embedding) {
        return embedding.length == 0 ? embedding : normalized(embedding, embedding.length);
    }

    /**
     * Cosine similarity of two embeddings, -1 to 1; 0 if one of them is zeros.
     *
     * @throws IllegalArgumentException if they are not of one length
     */
    public static double cosine(float[] first, float[] second) {
        if (first.length != second.length) {
            throw new IllegalArgumentException("an embedding of " + first.length + " features is compared with one of "
                    + second.length + "; they are of different networks");
        }
        double product = 0;
        double squares = 0;
        double others = 0;
        for (int i = 0; i < first.length; i++) {
            product += (double) first[i] * second[i];
            squares += (double) first[i] * first[i];
            others += (double) second[i] * second[i];
        }
        return squares == 0 || others == 0 ? 0 : product / Math.sqrt(squares * others);
    }
}
