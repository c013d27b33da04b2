package dev.kinglet.cli.console;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;

/**
 * Signals that ask a program to end: INT (Ctrl-C), TERM and HUP. The JDK has a supported class for them in the module
 * {@code jdk.unsupported}, {@code sun.misc.Signal}, of whose name the compiler warns; hence the reflection.
 */
final class Signals {
    private static final List<String> ENDING = List.of("INT", "TERM", "HUP");

    private Signals() {}

    /** Runs {@code action} at each signal, on a thread of its own. A signal that cannot be handled keeps its effect. */
    static void handle(Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object proxy =
                    Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, (self, method, args) -> {
                        switch (method.getName()) {
                            case "handle" -> action.run();
                            case "equals" -> {
                                return args != null && self == args[0];
                            }
                            case "hashCode" -> {
                                return System.identityHashCode(self);
                            }
                            default -> {
                                return "handler of signals";
                            }
                        }
                        return null;
                    });
            for (String name : ENDING) {
                handle(signal, handler, name, proxy);
            }
        } catch (ReflectiveOperationException e) {
            // a JVM without the class: its own shutdown remains
        }
    }

    private static void handle(Class<?> signal, Class<?> handler, String name, Object proxy)
            throws ReflectiveOperationException {
        try {
            Object ending = signal.getConstructor(String.class).newInstance(name);
            signal.getMethod("handle", signal, handler).invoke(null, ending, proxy);
        } catch (InvocationTargetException e) {
            if (!(e.getCause() instanceof IllegalArgumentException)) { // no such signal here, or it is the JVM's (-Xrs)
                throw e;
            }
        }
    }
}
