//! What a TLS context that was put together in code comes to, whatever driver takes it.

use super::{Judgement, Trap};
use crate::client::{Authorities, Checked, Context, TlsMode};

/// What a connection does that TLS is demanded of and that takes this context for it.
pub fn judge(context: &Context, parameter: &str) -> Judgement {
    if context.server_side {
        return Judgement::refuses("the context is made for a server (Purpose.CLIENT_AUTH)");
    }
    match (&context.authority, &context.host_name) {
        (Checked::Unknown(why), _) => Judgement::undetermined(why.clone()),
        (Checked::No, _) => {
            let judgement = Judgement::known(TlsMode::Require);
            match &context.authorities {
                Authorities::File(_) | Authorities::Given => {
                    judgement.trap(Trap::AuthoritiesNotUsed { parameter: parameter.to_owned() })
                }
                _ => judgement,
            }
        }
        (Checked::Yes, _) if context.authorities == Authorities::Nobody => {
            Judgement::refuses("the context trusts no authority")
        }
        (Checked::Yes, Checked::Yes) => Judgement::known(TlsMode::VerifyFull).trusting(context.authorities.clone()),
        // Whether the name is checked, too, does not change the answer: the lesser is said.
        (Checked::Yes, Checked::No | Checked::Unknown(_)) => {
            Judgement::known(TlsMode::VerifyCa).trusting(context.authorities.clone())
        }
    }
}
