package dev.kinglet.weights;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Numpy's arrays as pickles, which is what Paddle's files hold, and as {@code .npy}. */
final class NumpyFiles {
    private static final Pickles.Name NDARRAY = new Pickles.Name("numpy", "ndarray");

    private NumpyFiles() {}

    /** An array as numpy 1 pickles it; whatever the arguments are. */
    static Pickles.Built array(String dtype, Object shape, boolean fortran, Object data) {
        Object empty = Pickles.Call.of("numpy.core.multiarray", "_reconstruct", NDARRAY, List.of(0), new byte[] {'b'});
        @Nullable Object[] noFields = {3, "<", null, null, null, -1, -1, 0};
        Object type = new Pickles.Built(
                Pickles.Call.of("numpy", "dtype", dtype, false, true),
                Collections.unmodifiableList(Arrays.asList(noFields)));
        return new Pickles.Built(empty, List.of(1, shape, type, fortran, data));
    }

    /** A {@code .npy} file of version 1 or 2. */
    static byte[] npy(int version, String header, byte... data) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) version, 0});
        byte[] text = header.getBytes(StandardCharsets.ISO_8859_1);
        for (int i = 0; i < (version == 1 ? 2 : 4); i++) {
            out.write(text.length >>> (8 * i));
        }
        out.writeBytes(text);
        out.writeBytes(data);
        return out.toByteArray();
    }
}
