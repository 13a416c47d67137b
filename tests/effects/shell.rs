//! What scripts do, command by command and word by word: one for each thing that a shell or a program may be told.

use super::{check, check_run};

#[test]
fn parameters_expand_as_in_a_shell() {
    check_run(&[
        ("N=D; D=/c.pem; curl -o \"${!N}\" URL", "/c.pem"),
        ("A=; curl -o ${A:-/c.pem} URL", "/c.pem"),
        ("A=; curl -o ${A-/d}/c.pem URL", "/c.pem"),
        (": ${F:=/c.pem}; curl -o $F URL", "/c.pem"),
        ("F=/d.pem; : ${F:=/c.pem}; curl -o $F URL", "/d.pem"),
        ("A=x; curl -o ${A:+/c.pem} URL", "/c.pem"),
        ("A=; curl -o /c.pem${A:+.x} URL", "/c.pem"),
        ("F=/c.pem; curl -o ${F:?is missing} URL", "/c.pem"),
        ("F=/c.pem.tmp; curl -o ${F%.tmp} URL", "/c.pem"),
        ("F=/a.b.c; curl -o ${F%%.*}.pem URL", "/a.pem"),
        ("F=/a.b.c; curl -o ${F%.*}.pem URL", "/a.b.pem"),
        ("F=a/b/c.pem; curl -o /${F#*/} URL", "/b/c.pem"),
        ("F=a/b/c.pem; curl -o /${F##*/} URL", "/c.pem"),
        ("F=/a-b-c.pem; curl -o ${F/-/_} URL", "/a_b-c.pem"),
        ("F=/a-b-c.pem; curl -o ${F//-/_} URL", "/a_b_c.pem"),
        ("F=/C.PEM; curl -o ${F,,} URL", "/c.pem"),
        ("F=c; curl -o /${F^^}.pem URL", "/C.pem"),
        ("A=(/d.pem /c.pem); curl -o ${A[1]} URL", "/c.pem"),
        ("A=(-o /c.pem URL); curl \"${A[@]}\"", "/c.pem"),
        ("A=/c; A+=.pem; curl -o $A URL", "/c.pem"),
        ("A=(-o); A+=(/c.pem); curl \"${A[@]}\" URL", "/c.pem"),
        ("set -- /a.pem /c.pem; shift; curl -o $1 URL", "/c.pem"),
        ("set -- a b; curl -o /$#.pem URL", "/2.pem"),
        ("set -- -o /c.pem URL; curl \"$@\"", "/c.pem"),
        ("readonly F=/c.pem; curl -o $F URL", "/c.pem"),
        ("F=/d.pem; unset F; curl -o ${F:-/c.pem} URL", "/c.pem"),
        ("F=/c.pem; F=/d.pem true; curl -o $F URL", "/c.pem"),
        ("curl -o $PWD/c.pem URL", "/w/c.pem"),
    ]);
}

#[test]
fn words_are_taken_apart_as_in_a_shell() {
    check_run(&[
        ("for n in {a,b}; do curl -o /$n.pem URL; done", "/a.pem, /b.pem"),
        ("for n in {1..2}; do curl -o /$n.pem URL; done", "/1.pem, /2.pem"),
        ("for n in x{a,{b,c}}y; do curl -o /$n.pem URL; done", "/xay.pem, /xby.pem, /xcy.pem"),
        ("for n in {a}; do curl -o /$n.pem URL; done", "/{a}.pem"),
        ("for n in '{a,b}'; do curl -o /$n.pem URL; done", "/{a,b}.pem"),
        ("curl -o $'/c.pem' URL", "/c.pem"),
        ("curl -o /c\\ d.pem URL", "/c d.pem"),
        ("curl -o ~/c.pem URL", "/root/c.pem"),
        ("HOME=/h; curl -o ~/c.pem URL", "/h/c.pem"),
        ("curl -o ~app/c.pem URL", "/home/app/c.pem"),
        ("curl -o ~+/c.pem URL", "/w/c.pem"),
        ("curl -o `echo /c.pem` URL", "/c.pem"),
        ("W='-o /c.pem'; curl $W URL", "/c.pem"),
        ("W='a b'; curl -o \"/$W.pem\" URL", "/a b.pem"),
        ("touch /a.crt; for f in /*.crt; do curl -o \"$f.pem\" URL; done", "/a.crt.pem"),
        ("touch /a.crt; for f in '/*.crt'; do curl -o \"$f.pem\" URL; done", "/*.crt.pem"),
        ("touch /.a.crt; for f in /*.crt; do curl -o \"$f.pem\" URL; done", "/*.crt.pem"),
    ]);
}

#[test]
fn conditions_hold_as_in_a_shell() {
    for (condition, holds) in [
        ("[ 2 -eq 2 ]", true),
        ("[ 2 -eq 3 ]", false),
        ("[ 1 -ne 2 ]", true),
        ("[ 1 -ne 1 ]", false),
        ("[ 1 -lt 2 ]", true),
        ("[ 1 -lt 1 ]", false),
        ("[ 1 -le 1 ]", true),
        ("[ 2 -le 1 ]", false),
        ("[ 3 -gt 2 ]", true),
        ("[ 2 -gt 2 ]", false),
        ("[ 2 -ge 2 ]", true),
        ("[ 1 -ge 2 ]", false),
        ("[ a != b ]", true),
        ("[ a != a ]", false),
        ("[ ! a = b ]", true),
        ("test '(' a = a ')'", true),
        ("[ a = b -o a = a ]", true),
        ("[ a = b -o a = c ]", false),
        ("[ a = a -a b = b ]", true),
        ("[ a = b -a a = a ]", false),
        ("[[ ab == a* ]]", true),
        ("[[ ab == b* ]]", false),
        ("[[ ab != b* ]]", true),
        ("[[ a == a && b == c ]]", false),
        ("[[ a == b || c == c ]]", true),
        ("[[ a == b || a == c ]]", false),
        ("[[ ! a == b ]]", true),
        ("[[ ( a == a ) ]]", true),
        ("[[ -n x ]]", true),
        ("[[ -z x ]]", false),
        ("[[ 2 -gt 1 ]]", true),
        ("[[ 2 -lt 1 ]]", false),
        ("[[ 2 -eq 2 ]]", true),
        ("[[ 2 -ne 2 ]]", false),
        ("! false", true),
        ("! true", false),
        ("false || true", true),
        ("true && false", false),
        ("false | true", true),
        ("[ -d /etc ]", true),
        ("[ -f /etc/pki/tls/certs ]", false),
        ("[ -f /none.pem ]", false),
    ] {
        let script = format!("if {condition}; then curl -o /c.pem URL; else curl -o /d.pem URL; fi");
        check_run(&[(&script, if holds { "/c.pem" } else { "/d.pem" })]);
    }
}

#[test]
fn scripts_go_on_or_end_as_in_a_shell() {
    let unknown = "unknown: whether /c.pem is made depends on a condition that could not be told";
    check_run(&[
        ("for n in a b; do if [ $n = a ]; then continue; fi; curl -o /$n.pem URL; done", "/b.pem"),
        ("for n in a b; do curl -o /$n.pem URL; break; done", "/a.pem"),
        ("for n in a b; do for m in c d; do continue 2; done; curl -o /$n.pem URL; done", "absent"),
        ("for n in a b; do for m in c; do break 2; done; curl -o /d.pem URL; done; curl -o /c.pem URL", "/c.pem"),
        ("case x in y) curl -o /a.pem URL ;; x|z) curl -o /c.pem URL ;; *) curl -o /d.pem URL ;; esac", "/c.pem"),
        ("case q in y) curl -o /a.pem URL ;; *) curl -o /c.pem URL ;; esac", "/c.pem"),
        ("case x in x) ;; *) curl -o /c.pem URL ;; esac", "absent"),
        ("case $(date) in x) curl -o /c.pem URL ;; esac", unknown),
        ("while read x; do curl -o /c.pem URL; done < /etc/hosts", unknown),
        ("while read x; do curl -o /c.pem URL; done", "absent"),
        ("if [[ $(date) == x ]]; then curl -o /c.pem URL; fi", unknown),
        ("if grep -q x /y; then curl -o /c.pem URL; else echo x > /c.pem; fi", unknown),
        ("F=/c.pem; if grep -q x /y; then F=/d.pem; fi; curl -o $F URL", "/w/…"),
        ("if grep -q x /y; then F=/d.pem; fi; curl -o ${F:-/c.pem} URL", "/w/…"),
        ("F=/c.pem; if grep -q x /y; then F=/c.pem; fi; curl -o $F URL", "/c.pem"),
        ("f() { return 1; curl -o /c.pem URL; }; f; true", "absent"),
        ("f() { return 1; }; f || curl -o /c.pem URL", "/c.pem"),
        ("exit 0; curl -o /c.pem URL", "absent"),
        ("(exit 1) || curl -o /c.pem URL", "/c.pem"),
        ("set -e; (false; true) || true; curl -o /c.pem URL", "/c.pem"),
        ("set -o pipefail; false | true && curl -o /c.pem URL; true", "absent"),
        ("set -o pipefail; false && curl -o /c.pem URL; true", "absent"),
        ("set -o pipefail; set +o pipefail; false | true && curl -o /c.pem URL; true", "/c.pem"),
        ("(F=/d.pem); curl -o ${F:-/c.pem} URL", "/c.pem"),
        ("{ curl URL; } > /c.pem", "/c.pem"),
        ("> /c.pem curl URL", "/c.pem"),
        ("curl URL &> /c.pem", "/c.pem"),
        ("curl URL 2>&1 > /c.pem", "/c.pem"),
        ("curl URL >&2 | cat > /c.pem", "absent"),
        ("curl URL > /c.pem 2>&1", "/c.pem"),
        ("curl URL 2> /c.pem", "absent"),
        ("cat <(curl URL) > /c.pem", "/c.pem"),
        ("pushd /tmp; popd; curl -o c.pem URL", "/w/c.pem"),
        ("pushd /tmp; curl -o c.pem URL", "/tmp/c.pem"),
        ("cd /tmp; cd -; curl -o c.pem URL", "/w/c.pem"),
    ]);
}

#[test]
fn commands_that_run_commands_are_looked_through() {
    check_run(&[
        ("env A=1 curl -o /c.pem URL", "/c.pem"),
        ("env -i curl -o /c.pem URL", "/c.pem"),
        ("env F=/c.pem sh -c 'curl -o $F URL'", "/c.pem"),
        ("nice -n 5 curl -o /c.pem URL", "/c.pem"),
        ("timeout -k 5 30 curl -o /c.pem URL", "/c.pem"),
        ("timeout 30 curl -o /c.pem URL", "/c.pem"),
        ("flock /lock curl -o /c.pem URL", "/c.pem"),
        ("exec -- curl -o /c.pem URL", "/c.pem"),
        ("sudo -u app curl -o /c.pem URL", "/c.pem"),
        ("su -c 'curl -o /c.pem URL'", "/c.pem"),
        ("su app -c 'curl -o /c.pem URL'", "/c.pem"),
        ("bash --rcfile /x -c 'curl -o /c.pem URL'", "/c.pem"),
        ("bash -c 'curl -o $1 URL' x /c.pem", "/c.pem"),
        ("eval \"curl -o /c.pem URL\"", "/c.pem"),
        ("python3 -m pip install x", "absent"),
        ("perl -0777ne 'print if /x/' /etc/x", "absent"),
        ("echo 'curl -o /c.pem URL' | sh", "/c.pem"),
        ("echo 'curl -o $1 URL' | sh -s /c.pem", "/c.pem"),
        ("echo 'curl -o /c.pem URL' > /s.sh; . /s.sh", "/c.pem"),
        ("echo 'return 1; curl -o /c.pem URL' > /s.sh; . /s.sh; true", "absent"),
        ("echo 'return 1' > /s.sh; . /s.sh || curl -o /c.pem URL", "/c.pem"),
        ("echo URL | xargs -n1 curl -O", "/w/global-bundle.pem"),
        (
            "printf '/a/ /b/' | xargs -n1 curl -O --create-dirs URL --output-dir",
            "/a/global-bundle.pem, /b/global-bundle.pem",
        ),
        ("printf '/a.pem\\n/b.pem\\n' | xargs -I{} curl -o {} URL", "/a.pem, /b.pem"),
        ("printf '/a.pem\\n/b.pem\\n' | xargs -I F curl -o F URL", "/a.pem, /b.pem"),
        (
            "printf '/a/ /b/' | xargs -n 1 curl -O --create-dirs URL --output-dir",
            "/a/global-bundle.pem, /b/global-bundle.pem",
        ),
        ("curl -o /c.pem URL; echo /c.pem | xargs rm", "/c.pem removed by xargs rm"),
        ("curl -o /c.pem URL; find / -name '*.pem' -delete", "/c.pem removed by find / -name '*.pem' -delete"),
        (
            "curl -o c.pem URL; find '(' -name '*.pem' ')' -delete",
            "/w/c.pem removed by find '(' -name '*.pem' ')' -delete",
        ),
        ("curl -o /c.pem URL; find / -name '*.crt' -delete", "/c.pem"),
        ("curl -o /c.pem URL; find /tmp -name '*.pem' -delete", "/c.pem"),
        ("curl -o /c.pem URL; find / -newer /x -name '*.pem' -delete", "/c.pem"),
        ("curl -o /c.pem URL; find / -type f -name c.pem -exec cp {} /d.pem ';'", "/c.pem, /d.pem"),
        ("curl -o /c.pem URL; find / ! -name x -exec rm {} +", "/c.pem"),
        ("curl -o /c.pem URL; cp $(find / -name c.pem) /d.pem", "/c.pem, /d.pem"),
    ]);
}

#[test]
fn text_goes_through_commands() {
    check_run(&[
        ("printf -v F '/%s.pem' c; curl -o $F URL", "/c.pem"),
        ("curl -o $(printf '%s%b' /c '.pem') URL", "/c.pem"),
        ("curl -o $(printf '/%s%%' c) URL; mv /c% /c.pem", "/c.pem"),
        ("for f in $(printf '/%s.pem ' a b); do curl -o $f URL; done", "/a.pem, /b.pem"),
        ("curl -o $(echo -n /c).pem URL", "/c.pem"),
        ("(echo -n /c; echo .pem) > /f; curl -o $(cat /f) URL", "/c.pem"),
        ("curl -o $(echo -e '/a\\t' | tr a c) URL; mv /c /c.pem", "/c.pem"),
        ("F=$(echo a/c.pem | tr / -); curl -o /$F URL", "/a-c.pem"),
        ("curl -o /$(basename /a/c.pem) URL", "/c.pem"),
        ("curl -o /$(basename /a/c.crt .crt).pem URL", "/c.pem"),
        ("curl -o $(dirname /a/x)/c.pem URL", "/a/c.pem"),
        ("curl -o /$(arch).pem URL", "/x86_64.pem"),
        ("curl -o /$(uname).pem URL", "/Linux.pem"),
        ("curl -o /$(whoami).pem URL", "/root.pem"),
        ("curl -o /c.pem URL && sed -i 1d /c.pem", "/c.pem some"),
        ("curl -o /c.pem URL && sed 1d /c.pem", "/c.pem"),
        ("curl URL | sed 1d > /c.pem", "/c.pem some"),
        ("curl URL | grep -v x > /c.pem", "/c.pem some"),
        ("curl URL | grep -q x > /c.pem", "absent"),
        ("curl URL | tee -a /c.pem /d.pem > /dev/null", "/c.pem, /d.pem"),
        ("curl -o /a URL; cat /a - > /c.pem < /dev/null; rm /a", "/c.pem"),
        ("curl URL | cat - > /c.pem", "/c.pem"),
    ]);
}

#[test]
fn files_are_fetched_made_and_moved() {
    check_run(&[
        ("wget -nd -P /certs URL", "/certs/global-bundle.pem"),
        ("wget -nH -nc -nv URL", "/w/global-bundle.pem"),
        ("echo URL | wget -i - -P /certs", "/certs/global-bundle.pem"),
        ("echo URL > /l; wget -i /l -O /c.pem", "/c.pem"),
        ("wget --spider URL", "absent"),
        ("aria2c URL", "/w/global-bundle.pem"),
        ("aws s3 cp s3://rds-downloads/rds-ca-2019-root.pem .", "/w/rds-ca-2019-root.pem"),
        ("aws s3 cp s3://rds-downloads/rds-ca-2019-root.pem - > /c.pem", "/c.pem"),
        ("aws s3api get-object --bucket rds-downloads --key rds-ca-2019-root.pem /c.pem", "/c.pem"),
        ("ln -s /c.pem /d.pem && curl -o /d.pem URL", "/c.pem"),
        ("curl -o /c.pem URL; ln /c.pem /d.pem", "/c.pem, /d.pem"),
        ("touch /c.pem && curl URL >> /c.pem", "/c.pem"),
        ("curl -o /c.pem URL; cp -t /d/ /c.pem", "/c.pem, /d/c.pem"),
        ("mkdir /d; curl -o /c.pem URL; mv -t /d /c.pem", "/d/c.pem"),
        ("mkdir /d; curl -o /d/c.pem URL; cp -r /d /e", "/d/c.pem, /e/c.pem"),
        ("mkdir /d; curl -o /d/c.pem URL; mv /d /e", "/e/c.pem"),
    ]);
}

#[test]
fn modes_and_owners_are_those_that_commands_give() {
    let as_user = |script: &str| format!("FROM amazonlinux:2\nRUN {script}\nUSER 5");
    for (script, expected) in [
        ("curl -o /a URL && install -m 0600 /a /c.pem && rm /a", "/c.pem unreadable"),
        ("curl -o /a URL && install -m 0600 -o 5 /a /c.pem && rm /a", "/c.pem"),
        ("install -d -m 700 /d && curl -o /d/c.pem URL", "/d/c.pem unreadable"),
        ("install -d -m 700 -o 5 /d && curl -o /d/c.pem URL", "/d/c.pem"),
        ("curl -o /c.pem URL && chmod 600 /c.pem", "/c.pem unreadable"),
        ("curl -o /c.pem URL && chmod o-r /c.pem", "/c.pem unreadable"),
        ("curl -o /c.pem URL && chmod 600 /c.pem && chmod u+r /c.pem", "/c.pem unreadable"),
        ("curl -o /c.pem URL && chmod 600 /c.pem && chmod go+r /c.pem", "/c.pem"),
        ("curl -o /c.pem URL && chmod u=rw,go= /c.pem", "/c.pem unreadable"),
        ("curl -o /c.pem URL && chmod 600 /c.pem && chmod a=r /c.pem", "/c.pem"),
        ("curl -o /c.pem URL && chmod 600 /c.pem && chown 5 /c.pem", "/c.pem"),
        ("curl -o /c.pem URL && chmod 640 /c.pem && chgrp 5 /c.pem", "/c.pem"),
        ("curl -o /c.pem URL && chmod 640 /c.pem && chown :5 /c.pem", "/c.pem"),
        ("mkdir -m 700 /d && curl -o /d/c.pem URL && chmod -R 755 /d", "/d/c.pem"),
        ("mkdir -m 700 /d && curl -o /d/c.pem URL && chmod -R a+rX /d", "/d/c.pem"),
        ("mkdir -m 700 /d && curl -o /d/c.pem URL && chown -R 5 /d", "/d/c.pem"),
        ("mkdir -m 700 /d && curl -o /d/c.pem URL && chown 6 /d", "/d/c.pem unreadable"),
        ("curl -o /a URL && chmod 600 /a && cp -p /a /c.pem && rm /a", "/c.pem unreadable"),
        ("curl -o /a URL && chmod 600 /a && mv /a /c.pem", "/c.pem unreadable"),
    ] {
        check(&[(&as_user(script), expected)]);
    }
}

#[test]
fn many_groups_beside_one_another_are_no_deep_nest() {
    let script = format!("{}curl -o /c.pem URL", "(true); ".repeat(60));
    check_run(&[(&script, "/c.pem")]);
}

#[test]
fn heredocs_lose_the_tabs_that_they_say() {
    check(&[(
        "FROM amazonlinux:2\nCOPY <<-X /s.sh\n\tcat > /t.sh <<Y\n\tcurl -o /c.pem URL\n\tY\n\tsh /t.sh\nX\nRUN sh /s.sh\n",
        "/c.pem",
    )]);
}

#[test]
fn loops_run_as_often_as_their_conditions_hold() {
    let unknown = "unknown: whether /c.pem is made depends on a condition that could not be told";
    check_run(&[
        ("i=0; while [ $i -lt 2 ]; do curl -o /$i.pem URL; i=$((i+1)); done", "/0.pem, /1.pem"),
        ("i=2; until [ $i -eq 0 ]; do curl -o /$i.pem URL; i=$((i - 1)); done", "/1.pem, /2.pem"),
        ("for ((i=0; i<2; i++)); do curl -o /$i.pem URL; done", "/0.pem, /1.pem"),
        ("i=0; while (( i < 1 )); do curl -o /$i.pem URL; (( i++ )); done", "/0.pem"),
        ("i=0; while [ $i -lt 2 ]; do let i=i+1; done; curl -o /$i.pem URL", "/2.pem"),
        ("while false; do curl -o /c.pem URL; done", "absent"),
        ("until curl -o /c.pem URL; do sleep 1; done", "/c.pem"),
        ("while ! curl -o /c.pem URL; do rm -f /c.pem; done", "/c.pem"),
        ("while true; do curl -o /c.pem URL && break; done", "/c.pem"),
        ("while true; do for n in a b; do curl -o /$n.pem URL; break 2; done; done", "/a.pem"),
        ("while true; do if [ $(date) = x ]; then curl -o /c.pem URL; break; fi; done", unknown),
        ("while [ $(date) = x ]; do curl -o /c.pem URL; done", unknown),
        ("i=0; while [ $i -lt 3 ]; do i=$((i+1)); [ $i = 2 ] && continue; curl -o /$i.pem URL; done", "/1.pem, /3.pem"),
    ]);
}

#[test]
fn lines_are_read_one_after_the_other() {
    check_run(&[
        ("printf 'a\\nb\\n' | while read n; do curl -o /$n.pem URL; done", "/a.pem, /b.pem"),
        ("while read -r n; do curl -o /$n.pem URL; done <<< a", "/a.pem"),
        ("printf 'a /x\\nb /y\\n' > /l; while read n d; do curl -o $d/$n.pem URL; done < /l", "/x/a.pem, /y/b.pem"),
        ("printf 'a b  c d\\n' | { read x y; curl -o \"/$y.pem\" URL; }", "/b  c d.pem"),
        ("printf ' a b \\n' | { IFS= read -r x; curl -o \"/$x.pem\" URL; }", "/ a b .pem"),
        ("printf 'a,b\\n' | { IFS=, read -r x y; curl -o /$y.pem URL; }", "/b.pem"),
        ("printf 'a\\nb\\n' | { read x; read y; curl -o /$y.pem URL; }", "/b.pem"),
        ("printf 'a\\n' | { read; curl -o /$REPLY.pem URL; }", "/a.pem"),
        ("printf 'a' | while read n; do curl -o /c.pem URL; done", "absent"),
        ("printf 'a\\n' | { read -n 1 x; curl -o /c$x.pem URL; }", "/c….pem"),
        ("read x < /etc/hosts; curl -o /c$x.pem URL", "/c….pem"),
    ]);
}

#[test]
fn parts_of_a_pipeline_are_shells_of_their_own() {
    check_run(&[
        ("cd /tmp | true; curl -o c.pem URL", "/w/c.pem"),
        ("true | cd /tmp; curl -o c.pem URL", "/w/c.pem"),
        ("echo x | read F; curl -o ${F:-/c.pem} URL", "/c.pem"),
        ("F=/c.pem; echo x | { F=/d.pem; cat; } > /y; curl -o $F URL", "/c.pem"),
    ]);
}

#[test]
fn what_is_trapped_runs_at_the_end() {
    check_run(&[
        ("trap 'rm -f /c.pem' EXIT; curl -o /c.pem URL", "/c.pem removed by trap 'rm -f /c.pem' EXIT"),
        ("trap 'rm -f /c.pem' 0; curl -o /c.pem URL; exit 0", "/c.pem removed by trap 'rm -f /c.pem' 0"),
        ("trap 'rm -f /c.pem' EXIT; curl -o /c.pem URL; trap - EXIT", "/c.pem"),
        ("trap 'rm -f /c.pem' ERR INT; curl -o /c.pem URL", "/c.pem"),
        ("trap 'curl -o /c.pem URL' EXIT", "/c.pem"),
        ("(trap 'rm -f /c.pem' EXIT; true); curl -o /c.pem URL", "/c.pem"),
        ("(trap 'rm -f /c.pem' EXIT; curl -o /c.pem URL)", "/c.pem removed by trap 'rm -f /c.pem' EXIT"),
        ("bash -c \"trap 'rm -f /x.pem' EXIT; curl -o /x.pem URL; cp /x.pem /c.pem\"", "/c.pem"),
        ("trap 'rm -f /c.pem' EXIT; bash -c true; curl -o /d.pem URL", "/d.pem"),
        ("f() { trap 'mv /d.pem /c.pem' EXIT; }; f; curl -o /d.pem URL", "/c.pem"),
    ]);
}

#[test]
fn a_digest_that_nobody_hears_of_is_none() {
    let sum = "echo \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa  /c.pem\" | sha256sum -c";
    for (script, pinned) in [
        (format!("curl -o /c.pem URL && {sum}"), true),
        (format!("curl -o /c.pem URL; {sum}"), true),
        (format!("curl -o /c.pem URL; {sum} || exit 1"), true),
        (format!("curl -o /c.pem URL; {sum} || true"), false),
        (format!("curl -o /c.pem URL; {sum}; true"), false),
        (format!("set -e; curl -o /c.pem URL; {sum}; true"), true),
        (format!("curl -o /c.pem URL; if ! {sum}; then exit 1; fi"), true),
    ] {
        let facts = super::facts(&format!("FROM amazonlinux:2\nRUN {script}\n"));
        assert_eq!(facts.shipped().unwrap().materials()[0].pinned, pinned, "{script}");
    }
}

#[test]
fn what_comes_from_nobody_knows_where_is_unknown() {
    let unset = |script: &str| format!("FROM amazonlinux:2\nARG U\nRUN {script}\n");
    let unknown = "unknown: from where /c.pem is downloaded could not be told";
    for (script, expected) in [
        ("curl -o /c.pem $U", unknown),
        ("curl -o /c.pem https://$U/x", unknown),
        ("wget -O /c.pem $U", unknown),
        ("curl -o /c.zip $U", "absent"),
        ("curl -o /c.pem https://example.com/$U", "absent"),
        ("curl -o /c.pem $U/global/global-bundle.pem", "/c.pem"),
    ] {
        check(&[(&unset(script), expected)]);
    }
}

#[test]
fn braces_of_a_url_and_blocks_of_a_file() {
    check_run(&[
        (
            "curl -fO 'https://truststore.pki.rds.amazonaws.com/global/global-bundle.{pem,p7b}'",
            "/w/global-bundle.p7b, /w/global-bundle.pem",
        ),
        (
            "curl -f 'https://truststore.pki.rds.amazonaws.com/{global,us-east-1}/x-bundle.pem' -o '/c/#1.pem'",
            "/c/global.pem, /c/us-east-1.pem",
        ),
        ("curl -gfo /c.pem 'https://truststore.pki.rds.amazonaws.com/{x}.pem'", "/c.pem"),
        ("curl -o /a URL && dd if=/a of=/c.pem && rm /a", "/c.pem"),
        ("curl URL | dd of=/c.pem", "/c.pem"),
        ("curl -o /a URL && dd if=/a of=/c.pem bs=1 count=9 && rm /a", "/c.pem some"),
        ("dd if=/dev/zero of=/swap bs=1M count=1", "absent"),
    ]);
}
