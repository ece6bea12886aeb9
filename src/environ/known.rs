//! The variables that rules or most requests are about, numbered, so that each has a place of its own.

use crate::bytes::equal;

/// Declares [`Known`] and its names from one list.
macro_rules! known {
    ($($variant:ident $name:literal)*) => {
        /// A variable that this crate knows by name.
        ///
        /// Numbered from 0, so that a caller can keep a table of keys made once: see [`Known::ALL`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Known {
            $(#[doc = $name] $variant,)*
        }

        impl Known {
            /// Every one of them, in the order of [`index`](Known::index).
            pub const ALL: &'static [Known] = &[$(Known::$variant),*];

            /// The name as it stands in the environ.
            #[inline]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Known::$variant => $name,)*
                }
            }
        }
    };
}

known! {
    // RFC 3875 section 4.1
    AuthType "AUTH_TYPE"
    ContentLength "CONTENT_LENGTH"
    ContentType "CONTENT_TYPE"
    GatewayInterface "GATEWAY_INTERFACE"
    PathInfo "PATH_INFO"
    PathTranslated "PATH_TRANSLATED"
    QueryString "QUERY_STRING"
    RemoteAddr "REMOTE_ADDR"
    RemoteHost "REMOTE_HOST"
    RemoteIdent "REMOTE_IDENT"
    RemoteUser "REMOTE_USER"
    RequestMethod "REQUEST_METHOD"
    ScriptName "SCRIPT_NAME"
    ServerName "SERVER_NAME"
    ServerPort "SERVER_PORT"
    ServerProtocol "SERVER_PROTOCOL"
    ServerSoftware "SERVER_SOFTWARE"
    // What servers add
    ApplMdPath "APPL_MD_PATH"
    Authorization "Authorization"
    ContextDocumentRoot "CONTEXT_DOCUMENT_ROOT"
    ContextPrefix "CONTEXT_PREFIX"
    DocumentRoot "DOCUMENT_ROOT"
    DocumentUri "DOCUMENT_URI"
    Https "HTTPS"
    RedirectHttpAuthorization "REDIRECT_HTTP_AUTHORIZATION"
    RedirectHttps "REDIRECT_HTTPS"
    RedirectQueryString "REDIRECT_QUERY_STRING"
    RedirectRedirectHttpAuthorization "REDIRECT_REDIRECT_HTTP_AUTHORIZATION"
    RedirectRemoteUser "REDIRECT_REMOTE_USER"
    RedirectStatus "REDIRECT_STATUS"
    RedirectUri "REDIRECT_URI"
    RedirectUrl "REDIRECT_URL"
    RemotePort "REMOTE_PORT"
    RequestScheme "REQUEST_SCHEME"
    RequestUri "REQUEST_URI"
    Scgi "SCGI"
    ScriptFilename "SCRIPT_FILENAME"
    ScriptUri "SCRIPT_URI"
    ScriptUrl "SCRIPT_URL"
    ServerAddr "SERVER_ADDR"
    ServerAdmin "SERVER_ADMIN"
    ServerSignature "SERVER_SIGNATURE"
    SslCipher "SSL_CIPHER"
    SslProtocol "SSL_PROTOCOL"
    SslTlsSni "SSL_TLS_SNI"
    UniqueId "UNIQUE_ID"
    UwsgiScheme "UWSGI_SCHEME"
    // Request headers with a rule
    HttpAuthorization "HTTP_AUTHORIZATION"
    HttpContentLength "HTTP_CONTENT_LENGTH"
    HttpContentType "HTTP_CONTENT_TYPE"
    HttpCookie "HTTP_COOKIE"
    HttpHost "HTTP_HOST"
    HttpProxy "HTTP_PROXY"
    HttpTransferEncoding "HTTP_TRANSFER_ENCODING"
    HttpXForwardedPrefix "HTTP_X_FORWARDED_PREFIX"
    HttpXForwardedProto "HTTP_X_FORWARDED_PROTO"
    HttpXRealIp "HTTP_X_REAL_IP"
    HttpXScriptName "HTTP_X_SCRIPT_NAME"
    // Request headers that most requests bring
    HttpAccept "HTTP_ACCEPT"
    HttpAcceptCharset "HTTP_ACCEPT_CHARSET"
    HttpAcceptEncoding "HTTP_ACCEPT_ENCODING"
    HttpAcceptLanguage "HTTP_ACCEPT_LANGUAGE"
    HttpCacheControl "HTTP_CACHE_CONTROL"
    HttpConnection "HTTP_CONNECTION"
    HttpContentEncoding "HTTP_CONTENT_ENCODING"
    HttpDnt "HTTP_DNT"
    HttpExpect "HTTP_EXPECT"
    HttpForwarded "HTTP_FORWARDED"
    HttpIfMatch "HTTP_IF_MATCH"
    HttpIfModifiedSince "HTTP_IF_MODIFIED_SINCE"
    HttpIfNoneMatch "HTTP_IF_NONE_MATCH"
    HttpIfRange "HTTP_IF_RANGE"
    HttpIfUnmodifiedSince "HTTP_IF_UNMODIFIED_SINCE"
    HttpKeepAlive "HTTP_KEEP_ALIVE"
    HttpOrigin "HTTP_ORIGIN"
    HttpPragma "HTTP_PRAGMA"
    HttpPriority "HTTP_PRIORITY"
    HttpRange "HTTP_RANGE"
    HttpReferer "HTTP_REFERER"
    HttpSecChUa "HTTP_SEC_CH_UA"
    HttpSecChUaMobile "HTTP_SEC_CH_UA_MOBILE"
    HttpSecChUaPlatform "HTTP_SEC_CH_UA_PLATFORM"
    HttpSecFetchDest "HTTP_SEC_FETCH_DEST"
    HttpSecFetchMode "HTTP_SEC_FETCH_MODE"
    HttpSecFetchSite "HTTP_SEC_FETCH_SITE"
    HttpSecFetchUser "HTTP_SEC_FETCH_USER"
    HttpTe "HTTP_TE"
    HttpUpgrade "HTTP_UPGRADE"
    HttpUpgradeInsecureRequests "HTTP_UPGRADE_INSECURE_REQUESTS"
    HttpUserAgent "HTTP_USER_AGENT"
    HttpVia "HTTP_VIA"
    HttpXCsrftoken "HTTP_X_CSRFTOKEN"
    HttpXForwardedFor "HTTP_X_FORWARDED_FOR"
    HttpXForwardedHost "HTTP_X_FORWARDED_HOST"
    HttpXForwardedPort "HTTP_X_FORWARDED_PORT"
    HttpXForwardedServer "HTTP_X_FORWARDED_SERVER"
    HttpXRequestId "HTTP_X_REQUEST_ID"
    HttpXRequestedWith "HTTP_X_REQUESTED_WITH"
}

/// Slots of the name table: a power of two, about five times as many as names.
const SLOTS: usize = 512;

/// Where each name stands: an open hash table made by the compiler.
static TABLE: [Option<Known>; SLOTS] = table();

#[allow(clippy::indexing_slicing, reason = "evaluated by the compiler, which refuses an index out of range")]
const fn table() -> [Option<Known>; SLOTS] {
    let mut table = [None; SLOTS];
    let mut index = 0;
    while index < Known::ALL.len() {
        let mut slot = slot_of(Known::ALL[index].name().as_bytes());
        while table[slot].is_some() {
            slot = (slot + 1) % SLOTS;
        }
        table[slot] = Some(Known::ALL[index]);
        index += 1;
    }
    table
}

/// Where the search for a name begins. Its length, four bytes of its middle and its last four tell the names above apart;
/// the multiplier was found by trial, so that each of them has a slot of its own. Who sends others that land on the same
/// slot gains a few comparisons, since the table itself never changes.
const fn slot_of(name: &[u8]) -> usize {
    const MULTIPLIER: u32 = 0xc1e3_35a7;
    let Some(end) = name.last_chunk::<4>() else { return 0 };
    let (_, back) = name.split_at((name.len() - end.len()) / 2);
    let Some(middle) = back.first_chunk::<4>() else { return 0 };
    let mixed = u32::from_le_bytes(*end) ^ u32::from_le_bytes(*middle).rotate_left(7);
    // The product's highest bits depend on all of the others.
    let product = mixed.wrapping_add(name.len() as u32).wrapping_mul(MULTIPLIER);
    (product >> (u32::BITS - SLOTS.ilog2())) as usize
}

impl Known {
    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();

    /// The variable of that name, if it is one of these.
    #[inline]
    pub fn of(name: &[u8]) -> Option<Self> {
        let mut slot = slot_of(name);
        loop {
            let known = (*TABLE.get(slot)?)?;
            if equal(known.name().as_bytes(), name) {
                return Some(known);
            }
            slot = (slot + 1) % SLOTS;
        }
    }

    /// Its number, below [`COUNT`](Known::COUNT).
    pub const fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_and_no_other() {
        for (index, known) in Known::ALL.iter().enumerate() {
            assert_eq!(Known::of(known.name().as_bytes()), Some(*known));
            assert_eq!(known.index(), index);
        }
        for other in [
            "",
            "A",
            "HTTP_",
            "http_host",
            "HTTP_HOSt",
            "HTTP_HOST ",
            "SCRIPT_NAM",
            "X".repeat(9999).as_str(),
        ] {
            assert_eq!(Known::of(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn nearly_every_name_is_found_in_one_step() {
        let steps = |known: &Known| {
            let home = slot_of(known.name().as_bytes());
            (0..SLOTS).find(|step| TABLE[(home + step) % SLOTS] == Some(*known)).unwrap()
        };
        let all: Vec<usize> = Known::ALL.iter().map(steps).collect();
        assert!(all.iter().sum::<usize>() <= Known::COUNT / 20, "try another multiplier: {all:?}");
        assert!(all.iter().all(|steps| *steps <= 2), "{all:?}");
    }
}
