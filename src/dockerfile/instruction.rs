//! What a Dockerfile says, instruction by instruction, with places (Dockerfile reference, "Format").

use crate::text::Span;

/// A parsed Dockerfile. Parsing never fails: what cannot be read is an [`Keyword::Unknown`] instruction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dockerfile {
    /// The `# syntax=` directive: the image of the frontend.
    pub syntax: Option<String>,
    /// The `# check=` directive: which checks of BuildKit's linter are skipped, and whether it fails the build.
    pub check: Option<String>,
    /// The `# escape=` directive: a backslash, or a backtick.
    pub escape: Escape,
    /// In the order of the file.
    pub instructions: Vec<Instruction>,
    /// Comment lines outside heredocs, directives among them: the text behind the `#`, and the span from the `#` on.
    pub comments: Vec<Word>,
    /// Why BuildKit would refuse it; empty for a Dockerfile that builds as far as its words go.
    pub problems: Vec<Problem>,
}

/// Why a Dockerfile does not build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub span: Span,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
}

/// The character that continues a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Escape {
    /// `\`, the default.
    #[default]
    Backslash,
    /// `` ` ``, chosen by `# escape=` (for Windows paths).
    Backtick,
}

impl Escape {
    /// The character itself.
    pub const fn character(self) -> char {
        match self {
            Escape::Backslash => '\\',
            Escape::Backtick => '`',
        }
    }
}

/// One instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// From the keyword to the end of its last line, heredocs included, without the last line end (but a heredoc
    /// that nothing ends runs to the end of the file).
    pub span: Span,
    /// Which one.
    pub keyword: Keyword,
    /// The keyword as written.
    pub word: Word,
    /// `--name` and `--name=value`, in order.
    pub flags: Vec<Flag>,
    /// What comes behind the flags.
    pub arguments: Arguments,
    /// Heredocs begun on its line, in order.
    pub heredocs: Vec<Heredoc>,
    /// For `ONBUILD`: the instruction that is kept for later.
    pub onbuild: Option<Box<Instruction>>,
}

impl Keyword {
    /// The instruction of that name, in any case.
    pub fn of(word: &str) -> Self {
        // No name is longer, and a stranger's word may be very long.
        match word.get(..word.len().min("HEALTHCHECK".len() + 1)).unwrap_or_default().to_ascii_lowercase().as_str() {
            "add" => Keyword::Add,
            "arg" => Keyword::Arg,
            "cmd" => Keyword::Cmd,
            "copy" => Keyword::Copy,
            "entrypoint" => Keyword::Entrypoint,
            "env" => Keyword::Env,
            "expose" => Keyword::Expose,
            "from" => Keyword::From,
            "healthcheck" => Keyword::Healthcheck,
            "label" => Keyword::Label,
            "maintainer" => Keyword::Maintainer,
            "onbuild" => Keyword::Onbuild,
            "run" => Keyword::Run,
            "shell" => Keyword::Shell,
            "stopsignal" => Keyword::Stopsignal,
            "user" => Keyword::User,
            "volume" => Keyword::Volume,
            "workdir" => Keyword::Workdir,
            _ => Keyword::Unknown,
        }
    }

    /// Its name, in capitals as it is usually written.
    pub const fn name(self) -> &'static str {
        match self {
            Keyword::Add => "ADD",
            Keyword::Arg => "ARG",
            Keyword::Cmd => "CMD",
            Keyword::Copy => "COPY",
            Keyword::Entrypoint => "ENTRYPOINT",
            Keyword::Env => "ENV",
            Keyword::Expose => "EXPOSE",
            Keyword::From => "FROM",
            Keyword::Healthcheck => "HEALTHCHECK",
            Keyword::Label => "LABEL",
            Keyword::Maintainer => "MAINTAINER",
            Keyword::Onbuild => "ONBUILD",
            Keyword::Run => "RUN",
            Keyword::Shell => "SHELL",
            Keyword::Stopsignal => "STOPSIGNAL",
            Keyword::User => "USER",
            Keyword::Volume => "VOLUME",
            Keyword::Workdir => "WORKDIR",
            Keyword::Unknown => "an unknown instruction",
        }
    }
}

/// The instructions of the Dockerfile reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the instruction of that name")]
pub enum Keyword {
    Add,
    Arg,
    Cmd,
    Copy,
    Entrypoint,
    Env,
    Expose,
    From,
    Healthcheck,
    Label,
    Maintainer,
    Onbuild,
    Run,
    Shell,
    Stopsignal,
    User,
    Volume,
    Workdir,
    /// Not an instruction that BuildKit knows.
    Unknown,
}

/// A piece of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Its text as written, quotes and variables in place, but without line continuations.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// `--name` or `--name=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// Without the dashes.
    pub name: String,
    /// Behind the `=`.
    pub value: Option<String>,
    /// The whole flag.
    pub span: Span,
}

/// What stands behind the flags, in the form in which BuildKit reads it for that instruction. For `HEALTHCHECK CMD` it is
/// what follows the `CMD`; for any other `HEALTHCHECK` two words: the first, and the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arguments {
    /// A JSON array of strings (the exec form).
    Json(Vec<Word>),
    /// Words parted by white space (`FROM`, `COPY`, `ADD`, `ARG`, `EXPOSE`, …).
    Words(Vec<Word>),
    /// `name=value` pairs, or the old `name value` (`ENV`, `LABEL`).
    Pairs(Vec<(Word, Word)>),
    /// The rest of the line as one text (`RUN`, `CMD`, `USER`, `WORKDIR`, … in shell form).
    Line(Line),
}

/// A logical line whose continuations and comment lines were taken out, and the way back to the source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The text as a shell would get it.
    pub text: String,
    /// `(offset in text, offset in source)` of every piece that is contiguous in both, ascending.
    pub pieces: Vec<(usize, usize)>,
}

impl Line {
    /// Adds text that stands at `source` in the source.
    pub fn push(&mut self, text: &str, source: usize) {
        if text.is_empty() {
            return;
        }
        self.pieces.push((self.text.len(), source));
        self.text.push_str(text);
    }

    /// A part of the line, with its own way back.
    pub fn slice(&self, start: usize, end: usize) -> Line {
        let text = self.text.get(start..end).unwrap_or_default().to_owned();
        let first = self.pieces.partition_point(|(at, _)| *at <= start);
        let mut pieces = vec![(0, self.offset(start))];
        pieces.extend(
            self.pieces.iter().skip(first).take_while(|(at, _)| *at < end).map(|(at, source)| (at - start, *source)),
        );
        Line { text, pieces }
    }

    /// A part of the line as a word.
    pub fn word(&self, start: usize, end: usize) -> Word {
        Word { text: self.text.get(start..end).unwrap_or_default().to_owned(), span: self.span(start, end) }
    }

    /// Where a part of the text stands in the source. An empty part stands behind what is before it.
    pub fn span(&self, start: usize, end: usize) -> Span {
        let behind = |at: usize| at.checked_sub(1).map_or(self.offset(0), |before| self.offset(before) + 1);
        if start < end { Span::new(self.offset(start), behind(end)) } else { Span::new(behind(start), behind(start)) }
    }

    fn offset(&self, at: usize) -> usize {
        let piece = self.pieces.partition_point(|(text, _)| *text <= at).saturating_sub(1);
        self.pieces.get(piece).map_or(at, |(text, source)| source + at.saturating_sub(*text))
    }
}

/// A heredoc of a `RUN`, `COPY` or `ADD`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heredoc {
    /// Its delimiter, without quotes.
    pub name: String,
    /// The file descriptor before `<<`, 0 where there is none.
    pub descriptor: u32,
    /// Whether variables in it are expanded (the delimiter was not quoted).
    pub expand: bool,
    /// Whether leading tabs are taken away (`<<-`). `body` still has them.
    pub chomp: bool,
    /// Its lines as written.
    pub body: String,
    /// Where the body stands.
    pub span: Span,
}
