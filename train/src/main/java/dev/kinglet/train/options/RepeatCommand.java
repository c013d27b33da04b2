package dev.kinglet.train.options;

import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * The shell command that trains with a configuration again: {@code kinglet train} with the fewest options that resolve to it.
 * The run's name is left out, for runs are never overwritten, and so is the number of classes, which is the data's.
 */
final class RepeatCommand {
    private static final Pattern PLAIN = Pattern.compile("[\\w@%+=:,./-]+"); // to a shell
    private static final Set<TrainOption> OF_THE_RUN = Set.of(TrainOption.NAME, TrainOption.NUM_CLASSES);

    private final Function<TrainOptions, TrainConfig> resolver;
    private final TrainOptions wanted;

    private RepeatCommand(Function<TrainOptions, TrainConfig> resolver, TrainOptions wanted) {
        this.resolver = resolver;
        this.wanted = wanted;
    }

    /** As {@link TrainConfig#repeatCommand}. */
    static Optional<String> of(TrainConfig config, Function<TrainOptions, TrainConfig> resolver) {
        TrainOptions all = TrainOptions.of(config);
        for (TrainOption option : OF_THE_RUN) {
            all = all.without(option);
        }
        RepeatCommand command = new RepeatCommand(resolver, all);
        return command.resolves(all) ? Optional.of(line(command.fewest())) : Optional.empty();
    }

    private TrainOptions fewest() {
        boolean pretrained = wanted.given().contains(TrainOption.PRETRAINED);
        TrainOptions options = wanted;
        for (TrainOption option : wanted.given()) {
            if (pretrained && option.section() == TrainOption.Section.INPUT) {
                continue; // the defaults are those of weights that are yet to be fetched
            }
            TrainOptions fewer = options.without(option);
            if (resolves(fewer)) {
                options = fewer;
            }
        }
        return pretrained ? options.without(TrainOption.INITIAL_CHECKPOINT) : options; // it is what was fetched
    }

    private boolean resolves(TrainOptions options) {
        try {
            return TrainOptions.of(resolver.apply(options)).equals(wanted);
        } catch (IllegalArgumentException e) {
            return false; // without an option that has no default
        }
    }

    private static String line(TrainOptions options) {
        StringJoiner line = new StringJoiner(" ").add("kinglet train");
        for (TrainOption option : options.given()) {
            String value = options.get(option).orElseThrow();
            if (option.isSwitch() && value.equals("true")) {
                line.add(option.flag());
            } else {
                boolean looksLikeMore = option.isSwitch() || value.startsWith("-") || value.startsWith("@");
                line.add(option.flag() + (looksLikeMore ? "=" : " ") + quoted(value));
            }
        }
        return line.toString();
    }

    /** A word as a POSIX shell reads it. */
    private static String quoted(String word) {
        return PLAIN.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
