//! The rules by name, each with its reason. This is the list to read first.

/// Declares [`Rule`], its names and its reasons from one list.
macro_rules! rules {
    ($($variant:ident $name:literal $reason:literal)*) => {
        /// A rule of the builder. The order is the order in which they are asked.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Rule {
            $(#[doc = $reason] $variant,)*
        }

        impl Rule {
            /// All rules, in the order in which they are asked.
            pub const ALL: &'static [Rule] = &[$(Rule::$variant),*];

            /// A short name, for people and for `--json`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Rule::$variant => $name,)*
                }
            }

            /// Why the rule does what it does, one or two sentences.
            pub fn reason(self) -> &'static str {
                match self {
                    $(Rule::$variant => $reason,)*
                }
            }
        }
    };
}

rules! {
    // 1. Collecting
    NotAVariable "not-a-variable"
        "A name that is empty, contains `=`, or is HTTP_ with something that is no header name cannot be a \
         variable."
    ReservedName "reserved-name"
        "Names that begin with wsgi., UWSGI_ or FCGI_ belong to gateways, not to requests."
    HeaderRepeated "header-repeated"
        "A header sent twice is a list: the values are joined with a comma, cookies with a semicolon."
    LastWins "last-wins"
        "A variable that a configuration sets twice was set the second time on purpose."
    // 3. Content length
    LengthTidied "length-tidied"
        "CONTENT_LENGTH is one number in digits."
    LengthUnknown "length-unknown"
        "An empty or negative CONTENT_LENGTH says that the length is not known: the body runs to its end mark."
    // 4. Headers
    HeaderOfTheHop "header-of-the-hop"
        "Proxy would become HTTP_PROXY, which programs take for their own proxy; Content-Length and \
         Transfer-Encoding describe a transfer that ended at the server."
    ContentTypeFromHeader "content-type-from-header"
        "CONTENT_TYPE was not sent, but the header it is made of was."
    AuthorizationFound "authorization-found"
        "Apache moves Authorization to other names; a client cannot make those names."
    RemoteUserFromRedirect "remote-user-from-redirect"
        "After an internal redirect Apache has the user in REDIRECT_REMOTE_USER."
    EmptyMeansNone "empty-means-none"
        "Some servers send a variable empty when there is nothing to say; the environ then does not have it."
    // 5. Scheme
    SchemeForced "scheme-forced"
        "The setting url_scheme decides."
    SchemeForwarded "scheme-forwarded"
        "A trusted proxy said so in X-Forwarded-Proto."
    SchemeFromHttps "scheme-from-https"
        "The server says in HTTPS (after a redirect in REDIRECT_HTTPS) whether the request came over TLS."
    SchemeFromServer "scheme-from-server"
        "The server names the scheme in REQUEST_SCHEME, or in UWSGI_SCHEME."
    SchemeFromPort "scheme-from-port"
        "Port 443, and the setting port_443_is_https says what that means."
    SchemeUnknown "scheme-unknown"
        "Nobody said anything about TLS."
    // 6. The server's name, port and protocol; the query
    ServerNameTidied "server-name-tidied"
        "SERVER_NAME is a name without a port, and never empty: else that of the Host header, else localhost."
    ServerPortFound "server-port-found"
        "SERVER_PORT is a port: else that in SERVER_NAME or in the Host header, else the scheme's own."
    ProtocolDefault "protocol-default"
        "SERVER_PROTOCOL must be there; HTTP/1.0 promises least."
    QueryFromUrl "query-from-url"
        "QUERY_STRING was not sent, so it is what stands behind the question mark of REQUEST_URI."
    // 7a. The path was not divided, or not where it should be
    ProxiedPath "proxied-path"
        "Apache's mod_proxy puts the whole path into SCRIPT_NAME; the path it asks its backend for, at the end \
         of \
         SCRIPT_FILENAME, tells where to divide it."
    EncodedPathInfo "encoded-path-info"
        "Apache's proxy-fcgi-pathinfo leaves PATH_INFO encoded, and cuts SCRIPT_NAME as if it were not."
    IndexGlued "index-glued"
        "For a URL that ends in a slash the server glued its index file to the path; the client did not ask \
         for it."
    MountTold "mount-told"
        "The configuration sets SCRIPT_NAME and no PATH_INFO: PATH_INFO is the rest of the path."
    Unsplit "unsplit"
        "nginx and HAProxy put the whole path into SCRIPT_NAME unless told how to divide it."
    // 7b. Shape
    NoPath "no-path"
        "`OPTIONS *` is about the server as a whole: a star is no path."
    Slashes "slashes"
        "SCRIPT_NAME is empty or begins with one slash and does not end with one; PATH_INFO is empty or begins \
         with one."
    PathInfoRepeats "path-info-repeats"
        "IIS repeats SCRIPT_NAME in PATH_INFO: for a script the rest is PATH_INFO, for a wildcard handler all \
         of it."
    MountCutShort "mount-cut-short"
        "Apache's mod_proxy_uwsgi cut SCRIPT_NAME a byte too early or too late before 2.4.52; the URL has the \
         right cut."
    DecodedTwice "decoded-twice"
        "Apache's per-directory rewriting decodes the path a second time; REDIRECT_URL still has it decoded \
         once."
    PathFromUrl "path-from-url"
        "The server sent neither SCRIPT_NAME nor PATH_INFO: the path is DOCUMENT_URI, else that of REQUEST_URI."
    // 7c. The claim against the URL
    BareScript "bare-script"
        "A rewrite put a script in place of the URL and left nothing for PATH_INFO: the URL itself is the \
         mount."
    MountFromServer "mount-from-server"
        "IIS names the application in APPL_MD_PATH."
    MountForwarded "mount-forwarded"
        "A trusted proxy names the prefix that it stripped in X-Forwarded-Prefix or X-Script-Name."
    MountConfigured "mount-configured"
        "The setting script_name names the mount."
    PrefixDoubled "prefix-doubled"
        "PATH_INFO is the whole path of the URL and still has SCRIPT_NAME in front."
    ScriptHidden "script-hidden"
        "A rewrite put a script into SCRIPT_NAME that the client does not see; its URL has another prefix \
         before PATH_INFO."
    PrefixStripped "prefix-stripped"
        "The server took a prefix off the path without saying so; REQUEST_URI still has it."
    // 7d. Finishing
    PathFromRequestUri "path-from-request-uri"
        "The setting path_from asks for the path as the client wrote it."
    SlashesMerged "slashes-merged"
        "The setting slashes asks for runs of slashes to be made one."
    RootPath "root-path"
        "SCRIPT_NAME and PATH_INFO must not both be empty."
    // 8. Consistency
    RedirectUrlDropped "redirect-url-dropped"
        "From SCRIPT_URL and REDIRECT_URL Django computes a SCRIPT_NAME of its own, which here would be \
         another one."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_name_of_its_own_and_a_reason() {
        let mut names: Vec<&str> = Rule::ALL.iter().map(|rule| rule.name()).collect();
        assert!(Rule::ALL.iter().all(|rule| rule.reason().ends_with('.')));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Rule::ALL.len());
    }
}
