//! The numbers behind `config.User`, found as runc finds them (`libcontainer/user`, `GetExecUser`).

use super::facts::Identity;

/// The text of a file: there, not there, or not known and why.
pub type Text = Result<Option<Vec<u8>>, String>;

/// Resolves `user`, `user:group`, by name or number, with the texts of `/etc/passwd` and `/etc/group`.
pub fn identity(declared: &str, passwd: &Text, group: &Text) -> Result<Identity, String> {
    let (user, group_name) = declared.split_once(':').unwrap_or((declared, ""));
    let number = if user.is_empty() { Some(0) } else { number(user) };
    // A number needs no entry, but an entry may give it a group.
    let account = entries(text_of(passwd)?).find_map(|fields| {
        let [name, _, uid, gid, ..] = fields.as_slice() else { return None };
        let uid = self::number(uid)?;
        // Go reads a field that is no number as 0, and so does this for the group.
        let matches = if user.is_empty() { uid == 0 } else { *name == user || number == Some(uid) };
        matches.then(|| ((*name).to_owned(), uid, self::number(gid).unwrap_or_default()))
    });
    let (name, uid, gid) = match (account, number) {
        (Some((name, uid, gid)), _) => (Some(name), uid, gid),
        (None, Some(uid)) => (None, uid, 0),
        (None, None) => return Err(format!("/etc/passwd has no user {user:?}")),
    };
    let groups = text_of(group)?;
    if group_name.is_empty() {
        let groups = entries(groups).filter_map(|fields| match fields.as_slice() {
            [_, _, gid, members, ..] if members.split(',').any(|member| Some(member) == name.as_deref()) => {
                self::number(gid)
            }
            _ => None,
        });
        return Ok(Identity { uid, gid, groups: groups.collect() });
    }
    let wanted = self::number(group_name);
    let named = entries(groups).find_map(|fields| match fields.as_slice() {
        [name, _, gid, ..] if *name == group_name || wanted.is_some() && self::number(gid) == wanted => {
            self::number(gid)
        }
        _ => None,
    });
    let gid = named.or(wanted).ok_or_else(|| format!("/etc/group has no group {group_name:?}"))?;
    Ok(Identity { uid, gid, groups: Vec::new() })
}

fn text_of(text: &Text) -> Result<&[u8], String> {
    match text {
        Ok(text) => Ok(text.as_deref().unwrap_or_default()),
        Err(why) => Err(why.clone()),
    }
}

/// The lines of a passwd or group file, split at the colons; lines that are no text are passed over.
fn entries(text: &[u8]) -> impl Iterator<Item = Vec<&str>> {
    text.split(|byte| *byte == b'\n')
        .filter_map(|line| str::from_utf8(line).ok())
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| line.split(':').map(str::trim).collect())
}

fn number(text: &str) -> Option<u32> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &[u8] = b"root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001::/app:\n\n1234:x:7:8::/:\n";
    const GROUP: &[u8] = b"root:x:0:\napp:x:1001:\nssl-cert:x:110:postgres,app\n";

    fn of(declared: &str) -> Result<(u32, u32, Vec<u32>), String> {
        identity(declared, &Ok(Some(PASSWD.to_vec())), &Ok(Some(GROUP.to_vec())))
            .map(|found| (found.uid, found.gid, found.groups))
    }

    #[test]
    fn names_and_numbers_are_resolved() {
        assert_eq!(of(""), Ok((0, 0, vec![])));
        assert_eq!(of("root"), Ok((0, 0, vec![])));
        assert_eq!(of("app"), Ok((1000, 1001, vec![110])));
        assert_eq!(of("1000"), Ok((1000, 1001, vec![110])));
        assert_eq!(of("app:ssl-cert"), Ok((1000, 110, vec![])));
        assert_eq!(of("app:42"), Ok((1000, 42, vec![])));
        assert_eq!(of("4000"), Ok((4000, 0, vec![])));
        assert_eq!(of("1234"), Ok((7, 8, vec![])), "a name of digits is a name first");
        assert!(of("nobody").is_err());
        assert!(of("app:none").is_err());
        assert_eq!(identity("5:6", &Ok(None), &Ok(None)), Ok(Identity { uid: 5, gid: 6, groups: vec![] }));
        assert!(identity("5", &Err("x".into()), &Ok(None)).is_err());
    }
}
