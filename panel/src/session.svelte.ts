/** Who is logged in. The token lives as long as the tab: sessionStorage, never localStorage. */

const KEY = 'forepost.token';

class Session {
  token = $state(sessionStorage.getItem(KEY) ?? '');
  /** Said on the log-in page after the controller refused a token that was good once. */
  notice = $state('');

  begin(token: string) {
    sessionStorage.setItem(KEY, token);
    this.token = token;
    this.notice = '';
  }

  end(notice = '') {
    sessionStorage.removeItem(KEY);
    this.token = '';
    this.notice = notice;
  }
}

export const session = new Session();
